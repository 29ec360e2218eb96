import { type Hex } from "viem";
import { type Logger } from "../ports.ts";
import { type KeptRequest, type RelayChain, type RelayHead, type RequestStore } from "../request-ports.ts";
import { gasOf } from "./request-desk.ts";

/** Blocks below the head in which final requests are looked for after a deep reorganisation. */
const LOOK_BACK_BLOCKS = 1_024n;
/** Final requests that are looked at then, the newest ones. */
const MAX_LOOKS = 1_000;

export interface FinalRequestsComponents {
  readonly relay: Pick<RelayChain, "blockHash" | "receipt" | "isKnown">;
  readonly store: Pick<RequestStore, "finalSince" | "changeRequest">;
  readonly logger: Logger;
}

/**
 * Notices a reorganisation that is deeper than the confirmation depth, by the hash of the newest block that counted as final,
 * and takes up again the requests that it took out. What was final before a restart is looked at once.
 */
export class FinalRequests {
  readonly #components: FinalRequestsComponents;
  #seen: { readonly number: bigint; readonly hash: Hex } | undefined;

  constructor(components: FinalRequestsComponents) {
    this.#components = components;
  }

  /** @param confirmed Newest block that counts as final. @throws ProtocolError CHAIN_UNREACHABLE, STORE_FAILED: then it is done again later. */
  async check(head: RelayHead, confirmed: bigint): Promise<void> {
    const { relay } = this.#components;
    const seen = this.#seen;
    const isSame =
      seen !== undefined && seen.number <= head.number && (await relay.blockHash(seen.number)) === seen.hash;
    if (isSame && seen.number === confirmed) return;
    const hash = await relay.blockHash(confirmed);
    if (isSame || (await this.#lookAtAll(head)))
      this.#seen = hash === undefined ? undefined : { number: confirmed, hash };
    else this.#seen = undefined;
  }

  /** @returns Whether the chain has told of each what became of it. */
  async #lookAtAll({ number }: RelayHead): Promise<boolean> {
    const { store } = this.#components;
    const since = number > LOOK_BACK_BLOCKS ? number - LOOK_BACK_BLOCKS : 0n;
    let isSettled = true;
    for (const request of await store.finalSince(since, MAX_LOOKS))
      if (!(await this.#look(request))) isSettled = false;
    return isSettled;
  }

  async #look(request: KeptRequest): Promise<boolean> {
    const { relay, store, logger } = this.#components;
    const { id, txHash, block, signed } = request;
    if (txHash === null) return true;
    const receipt = await relay.receipt(txHash);
    if (receipt?.succeeded === true) {
      if (receipt.block !== block) await store.changeRequest(id, { block: receipt.block });
      return true;
    }
    // It is out, and may be in the next block: a second transaction would cost gas for nothing.
    if (receipt === undefined && (await relay.isKnown(txHash))) return false;
    const gas = gasOf(signed);
    await store.changeRequest(id, { state: "queued", txHash: null, block: null, gas });
    const fields = { event: "request.taken_up_again", id, txHash, block };
    logger.warn(fields, "A deep reorganisation took a final request out of the chain. It is sent again.");
    return true;
  }
}
