import { setTimeout as delay } from "node:timers/promises";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { durationSeconds, type Manifest, parseManifest } from "@fizz/protocol/manifest";
import { composeOrder } from "@fizz/protocol/orders";
import { parseEther } from "viem";
import { type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { Market } from "../../../scripts/lib/demo/market.ts";
import { composeHelloLease, deliverSealed, requireQuote } from "../../../scripts/lib/demo/order.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { ensureHelloImage } from "../../../scripts/lib/hello-image.ts";
import { type LocalNetwork, startLocalNetwork } from "../../../scripts/lib/local-network.ts";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { startEngineLab } from "../../../test/support/netns/engine-lab.ts";
import { until } from "../../../test/support/until.ts";
import { helloManifest } from "../../../test/support/world.ts";
import { processorMsOf, residentMibOf } from "../process-facts.ts";

const RESOURCES = "cpu=4,memory=8Gi,storage=60Gi";
const SMALL = [
  ["units: 0.5", "units: 0.1"],
  ["size: 128Mi", "size: 32Mi"],
] as const;
const ACTIVE = 2;
const START_MS = 300_000;

interface Running {
  readonly id: string;
  readonly leaseHash: string;
}

/** The node program with leases, on an engine of its own. */
export interface RealNode extends Stoppable {
  /** Lets time go by. @returns MiB that were resident, each second; share of a core, all threads together. */
  watch(seconds: number, signal: AbortSignal): Promise<{ rssMib: readonly number[]; cpuPercent: number }>;
  /** Removes a tenant's container. @returns Milliseconds until the engine has made the next one. */
  removeOne(): Promise<number>;
}

export async function startRealNode(leases: number): Promise<RealNode> {
  return await withCleanupOnFailure(async (cleanup) => {
    const lab = cleanup.use("lab", await startEngineLab());
    await ensureHelloImage(lab.engine.client);
    const init = { docker: lab.engine, places: lab.places, resources: RESOURCES };
    const network = cleanup.use("network", await startLocalNetwork(init));
    await openLeases(network, leases);
    return {
      watch: (seconds, signal) => watch(network.node().pid, seconds, signal),
      removeOne: () => removeOne(network),
      stop: () => cleanup.stop(),
    };
  });
}

async function openLeases(network: LocalNetwork, leases: number): Promise<void> {
  const { description, chain } = network;
  const market = new Market(chain, description.contracts.leaseMarket);
  await market.deposit(devAccount("tenant").account, parseEther("1"));
  const parsed = parseManifest(await helloManifest(...SMALL));
  if (!parsed.ok) throw new ScriptError("BENCH_FAILED", JSON.stringify(parsed.issues));
  const lids: bigint[] = [];
  for (let count = 0; count < leases; count += 1)
    lids.push(await openOne({ network, market, manifest: parsed.manifest }));
  const areActive = async (): Promise<boolean> =>
    (await Promise.all(lids.map((lid) => market.leaseOf(lid)))).every(({ state }) => state === ACTIVE);
  await until(areActive, "all leases run", START_MS);
}

async function openOne(init: {
  readonly network: LocalNetwork;
  readonly market: Market;
  readonly manifest: Manifest;
}): Promise<bigint> {
  const { network, market, manifest } = init;
  const { description, nodeOperator: operator } = network;
  const tenant = devAccount("tenant").account;
  const gateway = gatewayApi({ baseUrl: description.gatewayUrl, fetch });
  const order = composeOrder(manifest);
  const quote = await requireQuote(gateway, order, tenant.address);
  const prepaidSeconds = Number(durationSeconds(order.openPart));
  const composed = composeHelloLease(description, tenant.address, { order, quote, prepaidSeconds });
  const lid = await market.open(tenant, quote.signed, composed);
  await deliverSealed(gateway, description, { composed, lid, operator });
  return lid;
}

async function watch(
  pid: number,
  seconds: number,
  signal: AbortSignal,
): Promise<{ rssMib: number[]; cpuPercent: number }> {
  const before = await processorMsOf(pid);
  const from = performance.now();
  const rssMib: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    await delay(1_000, undefined, { signal });
    rssMib.push(await residentMibOf(pid));
  }
  const spentMs = (await processorMsOf(pid)) - before;
  return { rssMib, cpuPercent: (100 * spentMs) / (performance.now() - from) };
}

async function removeOne({ docker, nodeOperator }: LocalNetwork): Promise<number> {
  const running = async (): Promise<Running[]> =>
    (await docker.listContainers({ filters: { label: [`fizz.node=${nodeOperator}`] } }))
      .filter(({ Labels: labels }) => labels["fizz.role"] === undefined)
      .map(({ Id: id, Labels: labels }) => ({ id, leaseHash: labels["fizz.lease"] ?? "" }));
  const [first] = await running();
  if (first === undefined) throw new ScriptError("BENCH_FAILED", "Nothing runs.");
  await docker.getContainer(first.id).remove({ force: true });
  const from = Date.now();
  let made = 0;
  await until(async () => {
    const next = (await running()).find(({ leaseHash }) => leaseHash === first.leaseHash);
    if (next === undefined) return false;
    made = Date.parse((await docker.getContainer(next.id).inspect()).Created);
    return true;
  }, "another container runs");
  return made - from;
}
