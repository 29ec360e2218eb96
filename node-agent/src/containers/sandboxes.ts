import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { type Hex } from "viem";
import { type EgressPolicy, type SandboxPlace, sandboxRules } from "../domain/sandbox-rules.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import { callEngine } from "./call-engine.ts";
import { type HostNetwork, readHostNetwork } from "./host-network.ts";
import { LABEL, readLeasePorts } from "./labels.ts";
import { sandboxIdOf } from "./observe.ts";
import { provideSandboxImage } from "./sandbox-image.ts";
import { attachInput, setRules, takesRules } from "./sandbox-input.ts";
import { sandboxNameOf, sandboxOptions } from "./sandbox-options.ts";

/** How the network of containers is confined. */
export interface SandboxInit extends EgressPolicy {
  /** Reference of the image that holds the namespaces. */
  readonly image: string;
  /** Most that one container sends, in kbit/s; 0 for no limit. */
  readonly egressKbit: number;
}

export interface SandboxOwner {
  readonly node: string;
  /** Labels of everything that the node makes. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Addresses of the machine are asked for again after this time, in milliseconds. */
const HOST_NETWORK_MS = 60_000;
/** Time for a probe of the machine, and for a build or pull of the image, in milliseconds. */
const PROBE_TIMEOUT_MS = 30_000;
const IMAGE_TIMEOUT_MS = 600_000;
const NOT_MODIFIED = 304;
const NOT_FOUND = 404;
const CONFLICT = 409;

/** Network namespaces for tenants' containers, each held by a container whose rules are set before anything joins it. */
export class Sandboxes {
  readonly #docker: Docker;
  readonly #init: SandboxInit | undefined;
  readonly #owner: SandboxOwner;
  #image: Promise<void> | undefined;
  #host: { readonly network: Promise<HostNetwork>; readonly at: number } | undefined;

  /** @param init Undefined where the owner does without; then only what is left of them is removed. */
  constructor(docker: Docker, owner: SandboxOwner, init: SandboxInit | undefined) {
    this.#docker = docker;
    this.#owner = owner;
    this.#init = init;
  }

  get isOn(): boolean {
    return this.#init !== undefined;
  }

  /** The id of a container's sandbox, made when it is not there; undefined when it needs none. @throws ProtocolError as Engine */
  async ensure(spec: ContainerSpec, digest: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#init === undefined) return undefined;
    const { image } = this.#init;
    await this.#provideImage(image);
    // Its rules need it soon. What fails now is asked again then.
    this.#hostNetwork(image).catch(() => undefined);
    const options = sandboxOptions(spec, digest, { image, labels: this.#owner.labels });
    const made = await callEngine(
      `Creating a sandbox of ${spec.service}`,
      () => this.#docker.createContainer({ ...options, abortSignal: signal }),
      [CONFLICT],
    );
    if (made !== undefined) return made.id;
    const known = this.#docker.getContainer(sandboxNameOf(spec, digest));
    const { Id: id } = await callEngine("Looking at a sandbox", () => known.inspect({ abortSignal: signal }));
    return id;
  }

  /**
   * Makes the network namespace of a container that is to start ready: its sandbox runs, with rules of this moment.
   *
   * @throws ProtocolError as Engine; then the container must not start
   */
  async confine(info: ContainerInspectInfo, signal: AbortSignal): Promise<void> {
    const id = sandboxIdOf(info);
    if (this.#init === undefined && id === undefined) return;
    if (this.#init === undefined || id === undefined)
      throw new ProtocolError("ENGINE_FAILED", "The container was made for another confinement than is set.");
    const { image, egressKbit, ...policy } = this.#init;
    const host = this.#hostNetwork(image);
    host.catch(() => undefined);
    const sandbox = this.#docker.getContainer(id);
    const look = () => callEngine("Looking at a sandbox", () => sandbox.inspect({ abortSignal: signal }));
    const input = takesRules(await look()) ? await attachInput(sandbox, signal) : undefined;
    try {
      await callEngine("Starting a sandbox", () => sandbox.start({ abortSignal: signal }), [NOT_MODIFIED]);
      const rules = sandboxRules(placeOf(await look(), await host), policy);
      const set = { rules, kbit: egressKbit };
      await (input === undefined ? setRules(sandbox, set, signal) : input.setRules(set));
    } finally {
      input?.close();
    }
  }

  /** Ends the sandbox of a container that was stopped. */
  async stop(info: ContainerInspectInfo, signal: AbortSignal): Promise<void> {
    const id = sandboxIdOf(info);
    if (id === undefined) return;
    const sandbox = this.#docker.getContainer(id);
    const ignored = [NOT_MODIFIED, NOT_FOUND];
    await callEngine("Stopping a sandbox", () => sandbox.stop({ t: 0, abortSignal: signal }), ignored);
  }

  /** Removes the sandbox of a container that is about to be removed. */
  async remove(info: ContainerInspectInfo, signal: AbortSignal): Promise<void> {
    const id = sandboxIdOf(info);
    if (id !== undefined) await this.#remove(id, signal);
  }

  /** Removes those of a lease whose containers are gone. */
  async removeLease(leaseHash: Hex, signal: AbortSignal): Promise<void> {
    const label = [
      `${LABEL.node}=${this.#owner.node}`,
      `${LABEL.lease}=${leaseHash}`,
      `${LABEL.role}=sandbox`,
    ];
    const list = await callEngine("Listing sandboxes", () =>
      this.#docker.listContainers({ all: true, filters: { label }, abortSignal: signal }),
    );
    for (const { Id: id } of list) await this.#remove(id, signal);
  }

  async #remove(id: string, signal: AbortSignal): Promise<void> {
    const options = { force: true, v: true, abortSignal: signal };
    const sandbox = this.#docker.getContainer(id);
    await callEngine("Removing a sandbox", () => sandbox.remove(options), [NOT_FOUND, CONFLICT]);
  }

  /** Once, unless it fails. */
  async #provideImage(image: string): Promise<void> {
    const signal = AbortSignal.timeout(IMAGE_TIMEOUT_MS);
    this.#image ??= provideSandboxImage(this.#docker, image, signal).catch((error: unknown) => {
      this.#image = undefined;
      throw error;
    });
    await this.#image;
  }

  /** One probe at a time, for all who ask. */
  async #hostNetwork(image: string): Promise<HostNetwork> {
    const now = performance.now();
    if (this.#host !== undefined && now - this.#host.at < HOST_NETWORK_MS) return await this.#host.network;
    const { node, labels } = this.#owner;
    const probe = {
      image,
      name: `fizz-probe-${node.replace(/[^a-zA-Z0-9_.-]/g, "")}`,
      labels: { ...labels, [LABEL.role]: "probe" },
    };
    const asked = readHostNetwork(this.#docker, probe, AbortSignal.timeout(PROBE_TIMEOUT_MS));
    const network = asked.catch((error: unknown) => {
      this.#host = undefined;
      throw error;
    });
    this.#host = { network, at: now };
    return await network;
  }
}

/** Where a running sandbox is. Its network may be younger than what is known of the machine. */
function placeOf(
  { NetworkSettings: network, Config: config }: ContainerInspectInfo,
  host: HostNetwork,
): SandboxPlace {
  const [endpoint] = Object.values(network.Networks);
  const { IPAddress: address = "", IPPrefixLen: prefix = "", Gateway: gateway = "" } = endpoint ?? {};
  return {
    subnet: `${address}/${prefix}`,
    gateway,
    ports: readLeasePorts(config.Labels),
    hostAddresses: [gateway, ...host.addresses],
    resolvers: host.resolvers,
  };
}
