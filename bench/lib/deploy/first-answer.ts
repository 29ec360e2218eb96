import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { ScriptError } from "../../../scripts/lib/script-error.ts";

/** Time between two questions, in milliseconds. */
const ASK_EVERY_MS = 10;
/** While one waits for its answer: each costs the container a program, and all of them half a processor. */
const ASK_BESIDE_MS = 100;
const TIMEOUT_MS = 30_000;
const OK = 200;

/** Where a server is to be. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Asks for `/` every 10 ms, each time on a connection of its own, until an answer with status 200 is whole. While a question
 * waits for its answer the next one comes after 100 ms: a packet that is lost while a network comes up costs its
 * connection a second, and questions at a rate that the container cannot answer would be what is measured.
 *
 * @returns When, Unix milliseconds.
 */
export async function firstAnswer(place: ServerPlace, signal: AbortSignal): Promise<number> {
  const end = Date.now() + TIMEOUT_MS;
  const over = new AbortController();
  let open = 0;
  let askedAt = 0;
  let answeredAt: number | undefined;
  try {
    while (answeredAt === undefined && Date.now() < end) {
      signal.throwIfAborted();
      if (open === 0 || Date.now() - askedAt >= ASK_BESIDE_MS) {
        open += 1;
        askedAt = Date.now();
        void statusOf(place, over.signal).then((status) => {
          open -= 1;
          if (status === OK) answeredAt ??= Date.now();
        });
      }
      await delay(ASK_EVERY_MS);
    }
  } finally {
    over.abort();
  }
  if (answeredAt !== undefined) return answeredAt;
  const where = `${place.host}:${place.port}`;
  throw new ScriptError("BENCH_FAILED", `${where} does not answer within ${TIMEOUT_MS / 1_000} s.`);
}

/** Undefined when there is no whole answer. */
async function statusOf({ host, port }: ServerPlace, signal: AbortSignal): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const nothing = (): void => {
      resolve(undefined);
    };
    const request = get({ host, port, agent: false, signal }, (response) => {
      response.on("error", nothing).on("end", () => {
        resolve(response.statusCode);
      });
      response.resume();
    });
    request.on("error", nothing).on("close", nothing);
  });
}
