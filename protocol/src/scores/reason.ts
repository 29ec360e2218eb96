import { type RefusalReason } from "../messages/refusal.ts";
import { type RefusalCode, refusalCodes } from "./refusals.ts";

/** A reason of which this version knows the code. */
export interface Reason extends RefusalReason {
  readonly code: RefusalCode;
}

/** What an order needs, against what there is. */
export interface Comparison {
  readonly needs: string | number | bigint;
  readonly has: string | number | bigint;
  /** See `refusalReasonSchema`. */
  readonly unit: string;
}

/** Most characters of a value that a person is shown. */
const MAX_SHOWN = 200;
const MIB_PER_GIB = 1_024;
const MILLI = 1_000;

/**
 * @param message A sentence without its full stop, such as "needs 2 GiB of memory, has 1 GiB free"; the code's own otherwise.
 */
export function reason(code: RefusalCode, message?: string, compared?: Comparison): Reason {
  if (compared === undefined) return { code, message: message ?? refusalCodes[code] };
  const { needs, has, unit } = compared;
  return { code, message: message ?? refusalCodes[code], needs: `${needs}`, has: `${has}`, unit };
}

/** All reasons as one text: what a person reads who asks for no more. */
export function textOfReasons(reasons: readonly RefusalReason[]): string {
  const text = reasons.map(({ message }) => message.replace(/\.$/, "")).join("; ");
  return text === "" ? "" : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** `1.5 CPU` of 1500. */
export function showCpu(milliCpu: number): string {
  return `${Number((milliCpu / MILLI).toFixed(3))} CPU`;
}

/** `2 GiB` of 2048, `512 MiB` of 512; nothing is rounded. */
export function showMemory(mib: number): string {
  return mib > 0 && mib % MIB_PER_GIB === 0 ? `${mib / MIB_PER_GIB} GiB` : `${mib} MiB`;
}

/** Names for people: `a, b or c`, cut when there are many. */
export function showNames(names: readonly (string | number)[]): string {
  const [last = "nothing", ...others] = names.map(String).toReversed();
  const text = others.length === 0 ? last : `${others.toReversed().join(", ")} or ${last}`;
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
