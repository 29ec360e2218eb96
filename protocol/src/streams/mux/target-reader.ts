import { ProtocolError } from "../../errors/index.ts";
import { type TunnelOpen, tunnelOpenSchema } from "../../messages/doors.ts";
import { fromWire } from "../../messages/wire.ts";

/** Targets that are remembered; a node has a door for each of few. */
const MAX_KNOWN = 512;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads the targets of OPEN frames, and remembers them: the same few come again and again. */
export class TargetReader {
  readonly #known = new Map<string, TunnelOpen>();

  /** @returns INPUT_INVALID when it cannot be read. */
  read(payload: Uint8Array): TunnelOpen | ProtocolError {
    try {
      const text = decoder.decode(payload);
      return this.#known.get(text) ?? this.#learn(text);
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
