import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { leaseMarketAbi, leaseStateOf } from "@fizz/protocol/chain";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { durationSeconds, parseManifest } from "@fizz/protocol/manifest";
import { composeOrder, type Order } from "@fizz/protocol/orders";
import { closeReasons } from "@fizz/protocol/reasons";
import { type Hash, parseEther, parseEventLogs, type TransactionReceipt } from "viem";
import { Market } from "../../../scripts/lib/demo/market.ts";
import { composeHelloLease, deliverSealed, requireQuote } from "../../../scripts/lib/demo/order.ts";
import { Watch } from "../../../scripts/lib/demo/watch.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { type LocalNetwork } from "../../../scripts/lib/local-network.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { type Cli } from "../../../scripts/lib/run-cli.ts";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { LABEL } from "../../../node-agent/src/containers/labels.ts";
import { containerStart } from "./container-start.ts";
import { firstAnswer } from "./first-answer.ts";
import { stagesOf } from "./stages.ts";

const DEPOSIT = parseEther("1");
const BLOCK_POLL_MS = 10;
const GONE_POLL_MS = 200;
const TIMEOUT_MS = 60_000;

/** A tenant that leases, and measures how long it waits. */
export class LeaseTimer {
  readonly #network: LocalNetwork;
  readonly #cli: Cli;
  readonly #market: Market;
  readonly #tenant = devAccount("tenant").account;
  readonly #firstDoor: number;

  constructor(network: LocalNetwork, cli: Cli) {
    this.#network = network;
    this.#cli = cli;
    this.#market = new Market(network.chain, network.description.contracts.leaseMarket);
    this.#firstDoor = Number(network.gatewayAddresses.ports.split("-")[0]);
  }

  async deposit(): Promise<void> {
    await this.#market.deposit(this.#tenant, DEPOSIT);
  }

  /** One lease from its quote to its end, nothing of it left. @returns Seconds of each part. */
  async time(round: number, signal: AbortSignal): Promise<Record<string, number>> {
    const { description, nodeOperator: operator } = this.#network;
    const gateway = gatewayApi({ baseUrl: description.gatewayUrl, fetch });
    const port = this.#firstDoor + round;
    const { order, prepaidSeconds } = await readOrder(port);
    const quote = await requireQuote(gateway, order, this.#tenant.address);
    const composed = composeHelloLease(description, this.#tenant.address, { order, quote, prepaidSeconds });
    const ofLease = { label: [`${LABEL.lease}=${composed.leaseHash}`] };
    const started = await containerStart(this.#network.docker, ofLease, signal);
    const openSent = Date.now();
    const receipt = await this.#included(
      await this.#network.chain.wallet(this.#tenant).writeContract({
        address: description.contracts.leaseMarket,
        abi: leaseMarketAbi,
        functionName: "open",
        args: [quote.signed.quote, quote.signed.signature, composed.terms],
      }),
      signal,
    );
    const opened = Date.now();
    const [event] = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseOpened", logs: receipt.logs });
    if (event === undefined) throw new ScriptError("BENCH_FAILED", "open emitted no LeaseOpened.");
    const { lid } = event.args;
    await deliverSealed(gateway, description, { composed, lid, operator });
    // Before that there is no answer and no confirmation, and questions take the processor from what is measured.
    await started();
    const [answeredAt, confirmed] = await Promise.all([
      firstAnswer({ host: "127.0.0.1", port }, signal),
      this.#active(lid, signal),
    ]);
    const { all } = await new Watch(this.#cli, lid, signal).event("lease.confirmed");
    await this.#market.close(this.#tenant, lid, closeReasons["tenant.closed"]);
    await this.#untilGone(composed.leaseHash, signal);
    return stagesOf({ openSent, opened, confirmed, firstAnswer: answeredAt }, all);
  }

  async #included(hash: Hash, signal: AbortSignal): Promise<TransactionReceipt> {
    const { client } = this.#network.chain;
    return await poll({ what: "a block with open", everyMs: BLOCK_POLL_MS, signal }, async () => {
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => undefined);
      if (receipt?.status === "reverted") throw new ScriptError("BENCH_FAILED", "open was reverted.");
      return receipt;
    });
  }

  /** @returns When the chain had the confirmation of the start, Unix milliseconds. */
  async #active(lid: bigint, signal: AbortSignal): Promise<number> {
    return await poll({ what: "a block with confirmStart", everyMs: BLOCK_POLL_MS, signal }, async () => {
      const { state } = await this.#market.leaseOf(lid);
      return leaseStateOf(state) === "active" ? Date.now() : undefined;
    });
  }

  /** What the end of one lease takes is no part of the next start. */
  async #untilGone(leaseHash: string, signal: AbortSignal): Promise<void> {
    const filters = { label: [`${LABEL.lease}=${leaseHash}`] };
    await poll({ what: "the end of the containers", everyMs: GONE_POLL_MS, signal }, async () => {
      const left = await this.#network.docker.listContainers({ all: true, filters });
      return left.length === 0 ? true : undefined;
    });
  }
}

async function poll<Result>(
  {
    what,
    everyMs,
    signal,
  }: { readonly what: string; readonly everyMs: number; readonly signal: AbortSignal },
  ask: () => Promise<Result | undefined>,
): Promise<Result> {
  const end = Date.now() + TIMEOUT_MS;
  while (Date.now() < end) {
    signal.throwIfAborted();
    const found = await ask();
    if (found !== undefined) return found;
    await delay(everyMs);
  }
  throw new ScriptError("BENCH_FAILED", `Waited ${TIMEOUT_MS / 1_000} s in vain for ${what}.`);
}

/** The hello example with a public port of its own choice: it can be asked before anybody tells it. */
async function readOrder(port: number): Promise<{ order: Order; prepaidSeconds: number }> {
  const text = await readFile(inRoot("examples/hello.yaml"), "utf8");
  const parsed = parseManifest(text.replace("- port: 8080", `- port: 8080\n        as: ${port}`));
  if (!parsed.ok) throw new ScriptError("BENCH_FAILED", JSON.stringify(parsed.issues));
  const order = composeOrder(parsed.manifest);
  return { order, prepaidSeconds: Number(durationSeconds(order.openPart)) };
}
