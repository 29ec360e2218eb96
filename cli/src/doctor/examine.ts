import { ProtocolError } from "@fizz/protocol/errors";
import { chainIdAt, rpcClient } from "../chain/chain.ts";
import { chainTime, freeOf } from "../chain/lease-market.ts";
import { NATIVE } from "../chain/tokens.ts";
import { type Context } from "../context.ts";
import { hints } from "../output/hints.ts";
import { showAmount, showDuration } from "../output/format.ts";

/** One looked-at part. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do; only where it is not in order. */
  readonly advice?: string;
}

type Look = (context: Context) => Promise<Omit<Finding, "name">>;

/** A chain whose newest block is older stands still, or its RPC lags, in seconds. */
const MAX_BLOCK_AGE_SECONDS = 120;
const MIN_NODE_MAJOR = 22;

const looks: readonly (readonly [string, Look])[] = [
  ["node version", lookAtNode],
  ["network", lookAtNetwork],
  ["rpc", lookAtRpc],
  ["chain id", lookAtChainId],
  ["contracts", lookAtContracts],
  ["gateway", lookAtGateway],
  ["gateway identity", lookAtGatewayIdentity],
  ["nodes", lookAtNodes],
  ["wallet", lookAtWallet],
  ["wallet balance", lookAtBalance],
  ["escrow", lookAtEscrow],
];

const needsNetwork = new Set(
  looks.map(([name]) => name).filter((name) => !/^(node version|network|wallet)$/.test(name)),
);

/** Looks at each part, whatever the others say. */
export async function examine(context: Context): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, look] of looks) {
    if (needsNetwork.has(name) && findings.some((finding) => finding.name === "network" && !finding.ok)) {
      findings.push({ name, ok: false, found: "not looked at without a network" });
      continue;
    }
    try {
      findings.push({ name, ...(await look(context)) });
    } catch (error) {
      context.signal.throwIfAborted();
      findings.push({ name, ok: false, ...explain(error) });
    }
  }
  return findings;
}

function explain(error: unknown): Pick<Finding, "found" | "advice"> {
  if (!(error instanceof ProtocolError))
    return { found: error instanceof Error ? error.message : String(error) };
  const advice = hints[error.code];
  return { found: `${error.message} [${error.code}]`, ...(advice === undefined ? {} : { advice }) };
}

function lookAtNode(): ReturnType<Look> {
  const version = process.versions.node;
  const ok = Number(version.split(".")[0]) >= MIN_NODE_MAJOR;
  return Promise.resolve({ ok, found: `Node ${version}`, advice: "Install Node 24." });
}

async function lookAtNetwork(context: Context): ReturnType<Look> {
  const { source, rpcUrl, gatewayUrl } = await context.target();
  const ok = rpcUrl !== undefined && gatewayUrl !== undefined;
  return {
    ok,
    found: `from ${source}`,
    advice: "Run `npm start`, set FIZZ_GATEWAY and FIZZ_RPC_URL, or `fizz network add`.",
  };
}

async function lookAtRpc(context: Context): ReturnType<Look> {
  const chain = await context.chain();
  const age = Math.floor(Date.now() / 1_000) - (await chainTime(chain));
  return {
    ok: age <= MAX_BLOCK_AGE_SECONDS,
    found: `${chain.rpcUrl}, newest block ${showDuration(Math.max(age, 0))} old`,
    advice: "The chain stands still or the RPC lags, or this machine's clock is wrong.",
  };
}

async function lookAtChainId(context: Context): ReturnType<Look> {
  const { rpcUrl, chainId } = await context.target();
  if (rpcUrl === undefined) return { ok: false, found: "no RPC is set" };
  const actual = await chainIdAt(rpcClient(rpcUrl, context.fetch), rpcUrl);
  const expected = chainId ?? (await context.gatewayNetwork()).chainId;
  const advice = "The RPC is of another chain than the settings or the gateway name. Change --rpc.";
  return {
    ok: actual === expected,
    found: `${actual}${actual === expected ? "" : `, not ${expected}`}`,
    advice,
  };
}

async function lookAtContracts(context: Context): ReturnType<Look> {
  const chain = await context.chain();
  const missing: string[] = [];
  for (const [name, address] of Object.entries(chain.contracts)) {
    const code = await chain.ask(chain.client.getCode({ address }));
    if (code === undefined || code === "0x") missing.push(`${name} ${address}`);
  }
  if (missing.length === 0) return { ok: true, found: `LeaseMarket ${chain.contracts.leaseMarket}` };
  const advice =
    "These contracts are not on this chain: a restarted local chain, or another network's settings.";
  return { ok: false, found: `no code at ${missing.join(", ")}`, advice };
}

async function lookAtGateway(context: Context): ReturnType<Look> {
  const network = await (await context.gateway()).network(context.signal);
  return { ok: true, found: `${await context.gatewayUrl()}, version ${network.version}` };
}

async function lookAtGatewayIdentity(context: Context): ReturnType<Look> {
  const { peerId, subnetId } = await context.gatewayNetwork();
  return { ok: true, found: `${peerId} is the operator of subnet ${subnetId} on chain` };
}

async function lookAtNodes(context: Context): ReturnType<Look> {
  const gateway = await context.gateway();
  const all = await gateway.nodes({ limit: "1" }, context.signal);
  const { total: online } = await gateway.nodes({ online: "true", limit: "1" }, context.signal);
  const advice = "No node is connected: nothing can be deployed here now.";
  return { ok: online > 0, found: `${online} of ${all.total} online`, advice };
}

async function lookAtWallet(context: Context): ReturnType<Look> {
  const { address, source, isRaw } = await context.wallet();
  const hint = isRaw ? "; an encrypted wallet is safer: fizz wallet import NAME" : "";
  return { ok: true, found: `${address}, ${source}${hint}` };
}

async function lookAtBalance(context: Context): ReturnType<Look> {
  const [chain, { address }] = [await context.chain(), await context.wallet()];
  const balance = await chain.ask(chain.client.getBalance({ address }));
  const advice = `Send coins to ${address}: each transaction costs gas.`;
  return { ok: balance > 0n, found: showAmount(balance, NATIVE), advice };
}

async function lookAtEscrow(context: Context): ReturnType<Look> {
  const [chain, { address }] = [await context.chain(), await context.wallet()];
  const free = await freeOf(chain, address, NATIVE.address);
  return { ok: true, found: `${showAmount(free, NATIVE)} free` };
}
