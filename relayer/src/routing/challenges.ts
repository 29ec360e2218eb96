import { type Challenge } from "../certificate-ports.ts";
import { hostOf } from "./domain/host-names.ts";

const PREFIX = "/.well-known/acme-challenge/";

/** Challenges of pending orders (RFC 8555, 8.3). There are as many as orders at once. */
export class Challenges {
  readonly #pending = new Map<string, Challenge>();

  /** @returns A function that ends it. */
  show(challenge: Challenge): () => void {
    this.#pending.set(challenge.token, challenge);
    return () => {
      this.#pending.delete(challenge.token);
    };
  }

  /** The answer to a request; undefined when it is none for a challenge that is pending here. */
  find(authority: string, path: string): string | undefined {
    if (this.#pending.size === 0 || !path.startsWith(PREFIX)) return undefined;
    const challenge = this.#pending.get(path.slice(PREFIX.length));
    return challenge?.name === hostOf(authority) ? challenge.answer : undefined;
  }
}
