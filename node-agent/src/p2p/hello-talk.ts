import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import {
  CONTROL_TIMEOUT_MS,
  type GatewayHello,
  gatewayHelloSchema,
  type NodeHello,
  type Offer,
  PULSE_MS,
  toWire,
} from "@fizz/protocol/messages";
import { type FramedStream } from "@fizz/protocol/streams";
import { type Hex } from "viem";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Pulsing } from "../ports.ts";

export interface HelloTalkComponents {
  readonly clock: Clock;
  readonly log: Logger;
  readonly offer: () => Promise<Offer>;
  readonly pulsing: Pulsing;
  /** A number from 0 to 1. */
  readonly random?: () => number;
}

export interface HelloTalkInit {
  readonly subnetId: number;
  /** Of the gateway, compressed. */
  readonly gatewayKey: Hex;
  /** What hello said. */
  readonly offer: Offer;
}

/**
 * What a node says on its hello stream after the welcome: its offer when that has changed, and a pulse a minute. The first
 * one comes at any time of the minute, so that the pulses of many nodes do not come at once.
 */
export class HelloTalk {
  readonly #components: HelloTalkComponents;
  readonly #init: HelloTalkInit;
  /** What the gateway knows. */
  #told: Offer;
  #isPoked = false;
  #wake = new AbortController();

  constructor(components: HelloTalkComponents, init: HelloTalkInit) {
    this.#components = components;
    this.#init = init;
    this.#told = init.offer;
  }

  /** The offer may have changed: tell the gateway now. */
  poke(): void {
    this.#isPoked = true;
    this.#wake.abort();
  }

  /** Goes on until the signal aborts. @throws ProtocolError when the gateway does not answer, or ends it */
  async run(framed: FramedStream, signal: AbortSignal): Promise<void> {
    const { clock, random = Math.random } = this.#components;
    let pulseAt = clock.now() + random() * PULSE_MS;
    for (;;) {
      await this.#sleep(pulseAt - clock.now(), signal);
      if (signal.aborted) return;
      const within = (): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
      await this.#tellOffer(framed, within);
      if (clock.now() < pulseAt) continue;
      await this.#pulse(framed, within);
      pulseAt = Math.max(pulseAt, clock.now() - PULSE_MS) + PULSE_MS;
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    if (!this.#isPoked)
      await this.#components.clock.sleep(Math.max(0, ms), AbortSignal.any([this.#wake.signal, signal]));
    this.#isPoked = false;
  }

  async #tellOffer(framed: FramedStream, within: () => AbortSignal): Promise<void> {
    const offer = await this.#ask("offer", this.#components.offer);
    if (offer === undefined || toWire(offer) === toWire(this.#told)) return;
    await this.#say(framed, { type: "update", offer }, within());
    this.#told = offer;
  }

  async #pulse(framed: FramedStream, within: () => AbortSignal): Promise<void> {
    const { log, pulsing } = this.#components;
    const own = await this.#ask("pulse", () => pulsing.sign(this.#init.subnetId));
    if (own === undefined) {
      // Without a pulse the old offer says that the node is there.
      await this.#say(framed, { type: "update", offer: this.#told }, within());
      return;
    }
    const { pulse, signature } = own;
    const answer = await this.#say(framed, { type: "pulse", pulse, signature }, within());
    try {
      if (answer.type === "refused") throw errorFromWire(answer.error);
      if (answer.type !== "countersigned")
        throw new ProtocolError("PEER_REFUSED", "The gateway did not answer the pulse.");
      pulsing.keep(own, { signature: answer.signature, gatewayKey: this.#init.gatewayKey });
    } catch (error) {
      log.warn({ event: "pulse.refused", error }, "The gateway did not sign the node's pulse.");
    }
  }

  async #say(framed: FramedStream, message: NodeHello, signal: AbortSignal): Promise<GatewayHello> {
    await framed.write(message, signal);
    const answer = await framed.require(gatewayHelloSchema, signal);
    if (answer.type === "error") throw errorFromWire(answer.error);
    return answer;
  }

  /** A chain that does not answer now is no reason to leave the gateway. */
  async #ask<Result>(what: string, task: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await task();
    } catch (error) {
      this.#components.log.debug({ event: "hello.unread", what, error }, "What to say could not be read.");
      return undefined;
    }
  }
}
