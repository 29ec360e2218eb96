import { ProtocolError } from "../../errors/index.ts";
import { CHANNEL_NUMBERS } from "./frames.ts";
import {
  GATEWAY_SILENT_TICKS,
  NODE_SILENT_TICKS,
  PING_EVERY_TICKS,
  PONG_EVERY_TICKS,
  TICK_MS,
} from "./limits.ts";

export interface HeartbeatInit {
  /** Only the gateway pings; a node says PONG, whether it was asked or not. */
  readonly isGateway: boolean;
  readonly now: () => number;
  readonly ping: (number: number) => void;
  readonly pong: (number: number) => void;
}

/** Signs of life, round trips and silence of one link. It counts ticks, not time: a process that stood still accuses nobody. */
export class Heartbeat {
  readonly #init: HeartbeatInit;
  readonly #everyTicks: number;
  readonly #patience: number;
  #ticksToSign = 0;
  #signedAt = 0;
  #silentTicks = 0;
  /** Of the newest ping, whoever counts here. */
  #number = 0;
  #isAwaited = false;
  rttMs: number | undefined;

  constructor(init: HeartbeatInit) {
    this.#init = init;
    this.#everyTicks = init.isGateway ? PING_EVERY_TICKS : PONG_EVERY_TICKS;
    this.#patience = init.isGateway ? NODE_SILENT_TICKS : GATEWAY_SILENT_TICKS;
  }

  /** Something arrived. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /** @returns Why the link is to end, when the other side is silent. */
  tick(): ProtocolError | undefined {
    this.#silentTicks += 1;
    if (this.#silentTicks >= this.#patience)
      return new ProtocolError("TIMEOUT", "The other side of the tunnel link is silent.");
    this.#ticksToSign -= 1;
    if (this.#ticksToSign > 0 && !this.#isLate) return undefined;
    if (this.#init.isGateway) this.#ping();
    else this.#pong();
    return undefined;
  }

  /** PING came. */
  pinged(number: number): void {
    this.#number = number;
    this.#pong();
  }

  /** PONG came. One that was not asked for repeats the number of a ping that is answered. */
  answered(number: number): void {
    if (number !== this.#number || !this.#isAwaited) return;
    this.rttMs = this.#init.now() - this.#signedAt;
    this.#isAwaited = false;
  }

  /** A process that is busy ticks slowly, but the other side's patience is by its own clock. Half a tick before its tick. */
  get #isLate(): boolean {
    return this.#init.now() - this.#signedAt >= (this.#everyTicks - 0.5) * TICK_MS;
  }

  #ping(): void {
    this.#number = (this.#number + 1) % CHANNEL_NUMBERS;
    this.#isAwaited = true;
    this.#sign();
    this.#init.ping(this.#number);
  }

  #pong(): void {
    this.#sign();
    this.#init.pong(this.#number);
  }

  #sign(): void {
    this.#ticksToSign = this.#everyTicks;
    this.#signedAt = this.#init.now();
  }
}
