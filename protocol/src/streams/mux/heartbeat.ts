import { ProtocolError } from "../../errors/index.ts";
import { QUIET_PING } from "./frames.ts";
import {
  GATEWAY_SILENT_TICKS,
  IDLE_NODE_SILENT_TICKS,
  NODE_SILENT_TICKS,
  PING_EVERY_TICKS,
  PONG_EVERY_TICKS,
  TICK_MS,
} from "./limits.ts";

export interface HeartbeatInit {
  /** Only the gateway pings; a node says PONG, whether it was asked or not, unless it was asked to answer only. */
  readonly isGateway: boolean;
  readonly now: () => number;
  readonly ping: (number: number) => void;
  readonly pong: (number: number) => void;
}

/** Signs of life, round trips and silence of one link. It counts ticks, not time: a process that stood still accuses nobody. */
export class Heartbeat {
  readonly #init: HeartbeatInit;
  /** Signs of life are so far apart, when nothing else asks for one. */
  #everyTicks: number;
  #patience: number;
  #ticksToSign = 0;
  #signedAt = 0;
  #silentTicks = 0;
  /** Of the newest ping, whoever counts here. */
  #number = 0;
  #isAwaited = false;
  #isIdle = false;
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

  /**
   * @param isIdle For a gateway: nobody depends on the node now. @returns Why the link is to end, when the other side is
   * silent.
   */
  tick(isIdle = false): ProtocolError | undefined {
    if (isIdle !== this.#isIdle) this.#turn(isIdle);
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
    this.#everyTicks = number >= QUIET_PING ? Number.POSITIVE_INFINITY : PONG_EVERY_TICKS;
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

  /** A node that was idle was right to be silent until now: it is asked at once. */
  #turn(isIdle: boolean): void {
    this.#isIdle = isIdle;
    this.#patience = isIdle ? IDLE_NODE_SILENT_TICKS : NODE_SILENT_TICKS;
    if (isIdle) return;
    this.#silentTicks = 0;
    this.#ticksToSign = 0;
  }

  #ping(): void {
    this.#number = ((this.#number + 1) % QUIET_PING) + (this.#isIdle ? QUIET_PING : 0);
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
