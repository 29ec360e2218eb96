import { ProtocolError } from "../../errors/index.ts";
import { type TunnelOpen, tunnelOpenSchema } from "../../messages/doors.ts";
import { fromWire } from "../../messages/wire.ts";

/** Targets that are remembered; a node has a door for each of few. */
const MAX_KNOWN = 512;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads the targets of OPEN frames, and remembers them: the same few come again and again. */
export class TargetReader {
  readonly #known = new Map<string, TunnelOpen>();
  /** Hardly any connection is of another door than the one before it: it is not decoded then. */
  #last: { readonly payload: Uint8Array; readonly target: TunnelOpen } | undefined;

  /** @returns INPUT_INVALID when it cannot be read. */
  read(payload: Uint8Array): TunnelOpen | ProtocolError {
    if (this.#last !== undefined && isSame(this.#last.payload, payload)) return this.#last.target;
    try {
      const text = decoder.decode(payload);
      const target = this.#known.get(text) ?? this.#learn(text);
      this.#last = { payload: new Uint8Array(payload), target };
      return target;
    } catch (cause) {
      return new ProtocolError("INPUT_INVALID", "The target of the connection cannot be read.", { cause });
    }
  }

  #learn(text: string): TunnelOpen {
    const target = fromWire(tunnelOpenSchema, JSON.parse(text) as unknown);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(text, Object.freeze(target));
    return target;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
