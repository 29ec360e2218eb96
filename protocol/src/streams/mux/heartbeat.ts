import { ProtocolError } from "../../errors/index.ts";
import { QUIET_PING } from "./frames.ts";
import {
  GATEWAY_SILENT_TICKS,
  IDLE_NODE_SILENT_TICKS,
  IDLE_PING_EVERY_TICKS,
  IDLE_TICK_MS,
  NODE_SILENT_TICKS,
  OLDER_PING_EVERY_TICKS,
  PING_EVERY_TICKS,
  PONG_EVERY_TICKS,
  QUIET_GATEWAY_SILENT_TICKS,
  TICK_MS,
} from "./limits.ts";

interface Rhythm {
  /** Milliseconds between ticks. */
  readonly tickMs: number;
  /** Signs of life are so many ticks apart, when nothing else asks for one. */
  readonly signEvery: number;
  /** Ticks of silence after which the other side is given up. */
  readonly patience: number;
}

const GATEWAY: Rhythm = { tickMs: TICK_MS, signEvery: PING_EVERY_TICKS, patience: NODE_SILENT_TICKS };
const GATEWAY_OF_IDLE: Rhythm = {
  tickMs: IDLE_TICK_MS,
  signEvery: IDLE_PING_EVERY_TICKS,
  patience: IDLE_NODE_SILENT_TICKS,
};
/** Of a node that does not know QUIET_PING. */
const GATEWAY_OF_OLDER: Rhythm = { ...GATEWAY_OF_IDLE, signEvery: OLDER_PING_EVERY_TICKS };
const NODE: Rhythm = { tickMs: TICK_MS, signEvery: PONG_EVERY_TICKS, patience: GATEWAY_SILENT_TICKS };
const QUIET_NODE: Rhythm = {
  tickMs: TICK_MS,
  signEvery: Number.POSITIVE_INFINITY,
  patience: QUIET_GATEWAY_SILENT_TICKS,
};

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
  #rhythm: Rhythm;
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
    this.#rhythm = init.isGateway ? GATEWAY : NODE;
  }

  /** Something arrived. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /**
   * @param isIdle For a gateway: nobody depends on the node now, and the next tick is IDLE_TICK_MS from now.
   * @returns Why the link is to end, when the other side is silent.
   */
  tick(isIdle = false): ProtocolError | undefined {
    if (isIdle !== this.#isIdle) this.#turn(isIdle);
    this.#silentTicks += 1;
    if (this.#silentTicks >= this.#rhythm.patience)
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
    this.#rhythm = number >= QUIET_PING ? QUIET_NODE : NODE;
    this.#pong();
  }

  /** PONG came. One that was not asked for repeats the number of a ping that is answered. */
  answered(number: number): void {
    if (number !== this.#number) return;
    if (!this.#isAwaited) {
      if (number >= QUIET_PING && this.#rhythm === GATEWAY_OF_IDLE) this.#pingOlder();
      return;
    }
    this.rttMs = this.#init.now() - this.#signedAt;
    this.#isAwaited = false;
  }

  /** A process that is busy ticks slowly, but the other side's patience is by its own clock. Half a tick before its tick. */
  get #isLate(): boolean {
    const { signEvery, tickMs } = this.#rhythm;
    return this.#init.now() - this.#signedAt >= (signEvery - 0.5) * tickMs;
  }

  /** It is told at once, and what was silent until now was right to be. */
  #turn(isIdle: boolean): void {
    this.#isIdle = isIdle;
    this.#rhythm = isIdle ? GATEWAY_OF_IDLE : GATEWAY;
    this.#silentTicks = 0;
    this.#ticksToSign = 0;
  }

  /** The node says PONG unasked, though it was asked not to. */
  #pingOlder(): void {
    this.#rhythm = GATEWAY_OF_OLDER;
    this.#ticksToSign = Math.min(this.#ticksToSign, OLDER_PING_EVERY_TICKS - 1);
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
    this.#ticksToSign = this.#rhythm.signEvery;
    this.#signedAt = this.#init.now();
  }
}
