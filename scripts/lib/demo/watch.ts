import { setTimeout as delay } from "node:timers/promises";
import { type LeaseEvent, leaseEventSchema } from "@fizz/protocol/messages";
import { type DeploymentJson, deploymentJsonSchema } from "../deployment-json.ts";
import { type Cli } from "../run-cli.ts";
import { type CommandResult } from "../run-command.ts";

const POLL_MS = 300;
const TIMEOUT_MS = 20_000;
const HEARD_CHARS = 1000;

/** A deployment as its tenant watches it with the CLI. */
export class Watch {
  readonly #cli: Cli;
  readonly #lid: bigint;
  readonly #signal: AbortSignal;
  /** What the CLI said last, for the message of a wait that ends in vain. */
  #heard = "";

  constructor(cli: Cli, lid: bigint, signal: AbortSignal) {
    this.#cli = cli;
    this.#lid = lid;
    this.#signal = signal;
  }

  /** Waits for an event with this code. An event that says that it failed ends the wait with its message. */
  async event(code: string): Promise<{ event: LeaseEvent; all: readonly LeaseEvent[] }> {
    return await this.#until(`event ${code}`, async () => {
      const all = await this.#events();
      const failed = all.find(
        (event) => event.code === "deployment.failed" || event.code === "lease.declined",
      );
      if (failed !== undefined)
        throw new Error(all.map((event) => `${event.code}: ${event.message}`).join("; "));
      const event = all.find((candidate) => candidate.code === code);
      return event === undefined ? undefined : { event, all };
    });
  }

  /** Waits until the deployment is active with all its replicas ready. */
  async ready(): Promise<DeploymentJson> {
    return await this.#until("an active deployment", async () => {
      const result = await this.#ask(["deployment", "get", "--lid", String(this.#lid), "--json"]);
      if (result.status !== 0) return undefined;
      const found = deploymentJsonSchema.parse(JSON.parse(result.stdout.trim().split("\n").at(-1) ?? ""));
      const complete = found.replicas.ready === found.replicas.total && found.endpoints.length > 0;
      return found.state === "active" && complete ? found : undefined;
    });
  }

  /** Waits for a line of the containers' output. */
  async logLine(part: string): Promise<string> {
    return await this.#until(`a log line with "${part}"`, async () => {
      const result = await this.#ask(["deployment", "logs", "--lid", String(this.#lid)]);
      return result.stdout.split("\n").find((line) => line.includes(part));
    });
  }

  async #events(): Promise<readonly LeaseEvent[]> {
    const result = await this.#ask(["deployment", "events", "--lid", String(this.#lid), "--json"]);
    const lines = result.stdout.split("\n").filter((line) => line.startsWith("{"));
    return lines
      .map((line) => leaseEventSchema.safeParse(JSON.parse(line)).data)
      .filter((event) => event !== undefined);
  }

  async #ask(args: readonly string[]): Promise<CommandResult> {
    const result = await this.#cli.run(args, this.#signal);
    this.#heard = result.status === 0 ? result.stdout : result.stderr;
    return result;
  }

  async #until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + TIMEOUT_MS;
    while (Date.now() < end) {
      this.#signal.throwIfAborted();
      const answer = await ask();
      if (answer !== undefined) return answer;
      await delay(POLL_MS);
    }
    throw new Error(
      `waited ${TIMEOUT_MS / 1000} s in vain for ${what}; last: ${this.#heard.slice(-HEARD_CHARS)}`,
    );
  }
}
