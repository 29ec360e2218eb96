import { setTimeout as sleep } from "node:timers/promises";
import { type Challenge, type ChallengeDesk, type ChallengeStore } from "../certificate-ports.ts";
import { type Logger } from "../ports.ts";

/** Time that the other processes have to read a challenge, and interval at which that is looked at. */
const READ_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

export interface SharedChallengesComponents {
  readonly store: Pick<ChallengeStore, "add" | "remove" | "unread">;
  /** Where this process answers. */
  readonly desk: { show(challenge: Challenge): () => void };
  readonly logger: Logger;
}

/** Challenges that every process of the gateway answers: the authority may come to any of them. */
export class SharedChallenges implements ChallengeDesk {
  readonly #components: SharedChallengesComponents;
  readonly #withinMs: number;

  constructor(components: SharedChallengesComponents, withinMs = READ_WITHIN_MS) {
    this.#components = components;
    this.#withinMs = withinMs;
  }

  async show(challenge: Challenge): Promise<() => Promise<void>> {
    const { store, desk, logger } = this.#components;
    const hide = desk.show(challenge);
    const end = async (): Promise<void> => {
      hide();
      await store.remove(challenge.token).catch((error: unknown) => {
        logger.debug({ event: "certificate.challenge.kept", error }, "A challenge outlives its order.");
      });
    };
    try {
      await store.add(challenge);
      await this.#whenRead(challenge);
      return end;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** One that hangs, or orders no certificates, is not waited for: a balancer leaves it out, or the order fails. */
  async #whenRead({ name, token }: Challenge): Promise<void> {
    const { store, logger } = this.#components;
    const until = performance.now() + this.#withinMs;
    let unread = await store.unread(token);
    while (unread > 0 && performance.now() < until) {
      await sleep(LOOK_EVERY_MS);
      unread = await store.unread(token);
    }
    if (unread === 0) return;
    const fields = { event: "certificate.challenge.unread", name, processes: unread };
    logger.warn(fields, "Not every process answers the challenge of an order.");
  }
}
