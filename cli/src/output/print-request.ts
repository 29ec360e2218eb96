import { type RelayedRequest } from "@fizz/protocol/messages";
import { showTime } from "./format.ts";
import { plainLine } from "./plain-text.ts";

/** A request as `--json` gives it. */
export function requestFacts({ nonce, block, ...request }: RelayedRequest): object {
  return { ...request, nonce: nonce.toString(), block: block === null ? null : Number(block) };
}

/** The state, with the code of why it was not done. */
export function stateOf({ state, code }: RelayedRequest): string {
  return code === null ? state : `${state} (${plainLine(code)})`;
}

/** Names and values for {@link formatFacts}, which keeps the gateway's words on their lines. */
export function requestRows(request: RelayedRequest): [string, string][] {
  const { id, signer, nonce, txHash, block, reason, receivedAt } = request;
  return [
    ["Request", id],
    ["State", stateOf(request)],
    ...(reason === null ? [] : [["Reason", reason] as [string, string]]),
    ["Signer", `${signer}, nonce ${nonce}`],
    ["Received", showTime(receivedAt)],
    ...(txHash === null ? [] : [["Transaction", sentAs(txHash, block)] as [string, string]]),
  ];
}

function sentAs(txHash: string, block: bigint | null): string {
  return block === null ? txHash : `${txHash} in block ${block}`;
}
