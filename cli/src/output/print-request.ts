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

export function requestLines(request: RelayedRequest): string[] {
  const { id, signer, nonce, txHash, block, reason, receivedAt } = request;
  return [
    `Request      ${id}`,
    `State        ${stateOf(request)}`,
    ...(reason === null ? [] : [`Reason       ${plainLine(reason)}`]),
    `Signer       ${signer}, nonce ${nonce}`,
    `Received     ${showTime(receivedAt)}`,
    ...(txHash === null ? [] : [`Transaction  ${txHash}${block === null ? "" : ` in block ${block}`}`]),
  ];
}
