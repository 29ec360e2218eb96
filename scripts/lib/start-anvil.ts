import { createRequire } from "node:module";
import { type Stoppable, withCleanupOnFailure } from "./cleanup.ts";
import { freePort } from "./free-port.ts";
import { LOOPBACK, type Place } from "./place.ts";
import { ScriptError } from "./script-error.ts";
import { spawnDaemon } from "./spawn-daemon.ts";
import { createTempDir } from "./temp-dir.ts";

const DEFAULT_BLOCK_SECONDS = 2;
const CHAIN_ID = 31337;
const RPC_TIMEOUT_MS = 5000;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** A local chain in memory. */
export interface Anvil extends Stoppable {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly pid: number;
  isRunning(): boolean;
  /** Mines a block every so many seconds from now on; 0 for none but by evm_mine. */
  mineEvery(blockSeconds: number): Promise<void>;
}

/** How the chain runs. */
export interface AnvilInit {
  /** Seconds between blocks; 2 unless told. 0 mines each transaction at once. */
  readonly blockTime?: number;
  readonly port?: number;
  /** Where it lives: this machine's loopback unless told. */
  readonly place?: Place;
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/** Starts the real anvil binary with its well-known development accounts and waits until it answers. */
export async function startAnvil(init: AnvilInit = {}): Promise<Anvil> {
  return await withCleanupOnFailure(async (cleanup) => {
    const dir = cleanup.use("chain folder", await createTempDir("chain"));
    const place = init.place ?? LOOPBACK;
    const port = init.port ?? (await freePort());
    const rpcUrl = `http://${place.address}:${port}`;
    const blockTime = init.blockTime ?? DEFAULT_BLOCK_SECONDS;
    const argv = [...place.prefix, findBinary(), "--host", place.listenAddress, "--port", String(port)];
    // The cache path keeps what anvil writes to disk in a folder that is removed.
    argv.push("--chain-id", String(CHAIN_ID), "--cache-path", dir.path);
    if (blockTime > 0) argv.push("--block-time", String(blockTime));
    const daemon = await spawnDaemon({
      name: "anvil",
      argv,
      logDir: dir.path,
      readyProbe: () => answers(rpcUrl),
      ...(init.verbose === undefined ? {} : { verbose: init.verbose }),
      ...(init.signal === undefined ? {} : { signal: init.signal }),
    });
    cleanup.use("anvil", daemon);
    return {
      chainId: CHAIN_ID,
      rpcUrl,
      pid: daemon.pid,
      isRunning: () => daemon.isRunning(),
      mineEvery: async (blockSeconds) => {
        await callRpc(rpcUrl, "evm_setIntervalMining", [blockSeconds]);
      },
      stop: () => cleanup.stop(),
    };
  });
}

/** The binary itself: the package's start script would stand between us and the signals. */
function findBinary(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}/bin/anvil`;
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    const message = `There is no anvil for ${process.platform} on ${process.arch}, or it was not installed: run npm ci.`;
    throw new ScriptError("CHAIN_NOT_AVAILABLE", message, { cause });
  }
}

async function answers(rpcUrl: string): Promise<boolean> {
  return Number(await callRpc(rpcUrl, "eth_chainId", [])) === CHAIN_ID;
}

async function callRpc(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(RPC_TIMEOUT_MS),
  });
  const body = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (body.error !== undefined) throw new Error(`${method}: ${body.error.message}`);
  return body.result;
}
