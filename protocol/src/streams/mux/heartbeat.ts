import { ProtocolError } from "../../errors/index.ts";
import { CHANNEL_NUMBERS } from "./frames.ts";
import { PING_EVERY_TICKS, SILENT_TICKS } from "./limits.ts";

export interface HeartbeatInit {
  /** Only the gateway pings. */
  readonly isGateway: boolean;
  readonly now: () => number;
  readonly ping: (number: number) => void;
}

/** Pings, round trips and silence of one link. It counts ticks, not time: a process that stood still accuses nobody. */
export class Heartbeat {
  readonly #init: HeartbeatInit;
  #ticks = 0;
  #silentTicks = 0;
  #number = 0;
  #sentAt: number | undefined;
  rttMs: number | undefined;

  constructor(init: HeartbeatInit) {
    this.#init = init;
  }

  /** Something arrived. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /** @returns Why the link is to end, when the other side is silent. */
  tick(): ProtocolError | undefined {
    this.#silentTicks += 1;
    if (this.#silentTicks >= SILENT_TICKS)
      return new ProtocolError("TIMEOUT", "The other side of the tunnel link is silent.");
    if (this.#init.isGateway && this.#ticks % PING_EVERY_TICKS === 0) this.#ping();
    this.#ticks += 1;
    return undefined;
  }

  /** PONG came. */
  answered(number: number): void {
    if (number !== this.#number || this.#sentAt === undefined) return;
    this.rttMs = this.#init.now() - this.#sentAt;
    this.#sentAt = undefined;
  }

  #ping(): void {
    this.#number = (this.#number + 1) % CHANNEL_NUMBERS;
    this.#sentAt = this.#init.now();
    this.#init.ping(this.#number);
  }
}
