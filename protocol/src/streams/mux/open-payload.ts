import { type TunnelOpen } from "../../messages/doors.ts";
import { toWire } from "../../messages/wire.ts";

const encoder = new TextEncoder();
const payloads = new WeakMap<TunnelOpen, Uint8Array>();

/** The payload of OPEN. A door has one target for all of its connections: it is encoded with the first of them. */
export function openPayload(target: TunnelOpen): Uint8Array {
  const known = payloads.get(target);
  if (known !== undefined) return known;
  const payload = encoder.encode(toWire(target));
  payloads.set(target, payload);
  return payload;
}
