import { ProtocolError } from "../../errors/index.ts";
import { CHANNEL_NUMBERS } from "./frames.ts";
import { GATEWAY_SILENT_TICKS, NODE_SILENT_TICKS, PING_EVERY_TICKS, TICK_MS } from "./limits.ts";

/** Time after which a ping is due, however few the ticks, in milliseconds: half a tick before its tick. */
const LATE_MS = (PING_EVERY_TICKS - 0.5) * TICK_MS;

export interface HeartbeatInit {
  /** Only the gateway pings. */
  readonly isGateway: boolean;
  readonly now: () => number;
  readonly ping: (number: number) => void;
}

/** Pings, round trips and silence of one link. It counts ticks, not time: a process that stood still accuses nobody. */
export class Heartbeat {
  readonly #init: HeartbeatInit;
  #ticksToPing = 0;
  #pingedAt = 0;
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
    if (this.#silentTicks >= (this.#init.isGateway ? NODE_SILENT_TICKS : GATEWAY_SILENT_TICKS))
      return new ProtocolError("TIMEOUT", "The other side of the tunnel link is silent.");
    this.#ticksToPing -= 1;
    if (this.#init.isGateway && (this.#ticksToPing <= 0 || this.#isLate)) this.#ping();
    return undefined;
  }

  /** PONG came. */
  answered(number: number): void {
    if (number !== this.#number || this.#sentAt === undefined) return;
    this.rttMs = this.#init.now() - this.#sentAt;
    this.#sentAt = undefined;
  }

  /** A process that is busy ticks slowly, but the other side's patience is by its own clock. */
  get #isLate(): boolean {
    return this.#init.now() - this.#pingedAt >= LATE_MS;
  }

  #ping(): void {
    this.#ticksToPing = PING_EVERY_TICKS;
    this.#pingedAt = this.#init.now();
    this.#number = (this.#number + 1) % CHANNEL_NUMBERS;
    this.#sentAt = this.#pingedAt;
    this.#init.ping(this.#number);
  }
}
