import { ProtocolError } from "@fizz/protocol/errors";
import { MAX_REASONS, type Refusal, type RefusalReason, refusalReasonSchema } from "@fizz/protocol/messages";
import { isRefusalCode, reason, type Reason, textOfReasons } from "@fizz/protocol/scores";
import { z } from "zod";

/** What of a node's own reasons is passed on: text for people and figures for programs. */
const reasonsSchema = z.array(refusalReasonSchema).min(1).max(MAX_REASONS);
/** The node did not answer, or not in time. */
const UNANSWERED = new Set(["TIMEOUT", "STREAM_CLOSED", "NODE_UNREACHABLE", "NODE_OFFLINE"]);

/** @param reasons At least one. */
export function refusalOf(nodeId: bigint, reasons: readonly [Reason, ...Reason[]]): Refusal {
  const listed = reasons.slice(0, MAX_REASONS);
  return { nodeId, code: reasons[0].code, message: textOfReasons(listed), reasons: listed };
}

/** Of a node that refuses with reasons of its own, or does not answer. */
export function refusalOfError(nodeId: bigint, error: unknown): Refusal {
  if (!(error instanceof ProtocolError)) return refusalOf(nodeId, [reason("node.bad_answer")]);
  const code = error.details["reason"];
  if (typeof code === "string" && isRefusalCode(code)) {
    const { message } = error;
    return { nodeId, code, message, reasons: reasonsOf(error) ?? [{ code, message }] };
  }
  if (UNANSWERED.has(error.code)) return refusalOf(nodeId, [reason("node.no_answer")]);
  const told = { code: error.code, message: error.message };
  return { nodeId, ...told, reasons: [told] };
}

function reasonsOf({ details }: ProtocolError): RefusalReason[] | undefined {
  const read = reasonsSchema.safeParse(details["reasons"]);
  return read.success ? read.data : undefined;
}
