import { bytes32Schema } from "@fizz/protocol/messages";
import type Docker from "dockerode";
import { type Leftover } from "../domain/uninstall.ts";
import { type Leftovers } from "../uninstall-ports.ts";
import { callEngine } from "./call-engine.ts";
import { connectDocker } from "./docker-client.ts";
import { LABEL } from "./labels.ts";

const NOT_FOUND = 404;
/** A removal of the same container is on its way. */
const CONFLICT = 409;

/** Whose things are listed, and where. */
export interface LabelledOn {
  readonly docker: Docker;
  /** Operator. */
  readonly node: string;
}

type LabelMap = Readonly<Record<string, string | undefined>> | null | undefined;

/** What one node has made on a Docker Engine, told by its label. */
export class DockerLeftovers implements Leftovers {
  readonly #docker: Docker;
  readonly #node: string;

  /** @param node Operator of this node: whose things these are. */
  constructor({ host, node }: { readonly host: string; readonly node: string }) {
    this.#docker = connectDocker(host);
    this.#node = node;
  }

  async list(signal: AbortSignal): Promise<readonly Leftover[]> {
    return await leftoversOn({ docker: this.#docker, node: this.#node }, signal);
  }

  async remove({ kind, id, name }: Leftover, signal: AbortSignal): Promise<void> {
    const abortSignal = signal;
    const removals = {
      container: () => this.#docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
      network: () => this.#docker.getNetwork(id).remove({ abortSignal }),
      volume: () => this.#docker.getVolume(id).remove({ abortSignal }),
    } satisfies Record<Leftover["kind"], () => Promise<unknown>>;
    const ignored = kind === "container" ? [NOT_FOUND, CONFLICT] : [NOT_FOUND];
    await callEngine<unknown>(`Removing the ${kind} ${name}`, removals[kind], ignored);
  }
}

/** What carries a node's label on one engine. */
export async function leftoversOn({ docker, node }: LabelledOn, signal: AbortSignal): Promise<Leftover[]> {
  const options = { filters: { label: [`${LABEL.node}=${node}`] }, abortSignal: signal };
  const containers = await callEngine("Listing containers", () =>
    docker.listContainers({ ...options, all: true }),
  );
  const networks = await callEngine("Listing networks", () => docker.listNetworks(options));
  const volumes = await callEngine("Listing volumes", () => docker.listVolumes(options));
  const found = [
    ...containers.map(({ Id: id, Names: [name = id], Labels: labels }) =>
      leftoverOf("container", { id, name: name.replace(/^\//, "") }, labels),
    ),
    ...networks.map(({ Id: id, Name: name, Labels: labels }) => leftoverOf("network", { id, name }, labels)),
    // The engine writes null for none.
    ...((volumes.Volumes as typeof volumes.Volumes | null) ?? []).map(({ Name: name, Labels: labels }) =>
      leftoverOf("volume", { id: name, name }, labels),
    ),
  ];
  // An engine that knew no such filter would have listed everybody's.
  return found.filter(({ owner }) => owner === node).map(({ leftover }) => leftover);
}

/** A thing by what its labels tell, and whose it is. */
export function leftoverOf(
  kind: Leftover["kind"],
  { id, name }: Pick<Leftover, "id" | "name">,
  labels: LabelMap,
): { readonly owner: string | undefined; readonly leftover: Leftover } {
  const hash = bytes32Schema.safeParse(labels?.[LABEL.lease]);
  const lid = labels?.[LABEL.lid];
  const leftover: Leftover = {
    ...{ kind, id, name },
    leaseHash: hash.success ? hash.data : undefined,
    lid: lid !== undefined && /^\d{1,78}$/.test(lid) ? BigInt(lid) : undefined,
  };
  return { owner: labels?.[LABEL.node], leftover };
}
