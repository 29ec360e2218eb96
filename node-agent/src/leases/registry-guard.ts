import { isPublicHost } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { registryOf } from "../domain/image-reference.ts";
import { hostNameOf, isAllowedRegistry, refusalOfRegistry } from "../domain/registry-rule.ts";

/** The registry that is used most is asked for nothing: it is known. */
const DOCKER_HUB = "docker.io";

/** Time for a resolver to tell the addresses of a name, in milliseconds. */
export const LOOKUP_MS = 10_000;

/** The addresses of a name; it fails where there are none, or nobody answers. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** Keeps tenants from having the engine dial what is in the owner's own network. */
export class RegistryGuard {
  readonly #lookup: Lookup;
  readonly #allowed: readonly string[];
  readonly #limitMs: number;

  /** @param allowed `host:port`, or `host` for any port of it. */
  constructor(lookup: Lookup, allowed: readonly string[], limitMs = LOOKUP_MS) {
    this.#lookup = lookup;
    this.#allowed = allowed;
    this.#limitMs = limitMs;
  }

  /** @throws ProtocolError IMAGE_PULL_FAILED, for good; to be tried again where the name's addresses are not told in time */
  async require(image: string): Promise<void> {
    const registry = registryOf(image);
    if (registry === DOCKER_HUB || isAllowedRegistry(registry, this.#allowed)) return;
    const refusal = refusalOfRegistry(registry);
    if (refusal !== undefined) throw refused(image, `${registry} ${refusal}`);
    const addresses = await this.#addressesOf(hostNameOf(registry));
    if (addresses === undefined) throw untold(image, registry);
    if (!addresses.every(isPublicHost))
      throw refused(image, `${registry} leads to what is not on the public internet`);
  }

  /** Whose name is not found is not reached by the engine either: what it says is told then. Undefined: not told in time. */
  async #addressesOf(name: string): Promise<readonly string[] | undefined> {
    const limit = AbortSignal.timeout(this.#limitMs);
    const late = new Promise<undefined>((resolve) => {
      limit.addEventListener("abort", () => {
        resolve(undefined);
      });
    });
    return await Promise.race([this.#lookup(name).catch(() => []), late]);
  }
}

/** Where it leads is not known, so the engine is not sent there. */
function untold(image: string, registry: string): ProtocolError {
  const message = `The image ${image} cannot be pulled: where ${registry} is was not told in time`;
  return new ProtocolError("IMAGE_PULL_FAILED", message, { retryable: true });
}

function refused(image: string, why: string): ProtocolError {
  const message = `The image ${image} cannot be pulled: ${why}, and the node's owner does not allow it`;
  return new ProtocolError("IMAGE_PULL_FAILED", message, { retryable: false });
}
