import { gatewayApi } from "@fizz/protocol/gateway-api";
import { quotesResponseSchema } from "@fizz/protocol/messages";
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { z } from "zod";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { findEngine } from "../../../scripts/lib/docker/find-engine.ts";
import { removeNodeContainers } from "../../../scripts/lib/docker/remove-node-containers.ts";
import { LOOPBACK } from "../../../scripts/lib/place.ts";
import { fundOperators } from "../../../scripts/lib/set-up-chain.ts";
import { type Daemon } from "../../../scripts/lib/spawn-daemon.ts";
import { startNode } from "../../../scripts/lib/start-node.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { until } from "../../support/until.ts";
import { createWorld, helloManifest, type World } from "../../support/world.ts";

/** Half of the built-in list. */
const CHEAP = JSON.stringify({ cpu: "0.000002", memoryGiB: "0.0000005", storageGiB: "0.00000001" });
/** A ceiling near what is asked: far below it, price counts for little. */
const CEILING = ["amount: 0.0005", "amount: 0.000003"] as const;
const AMPLE = "cpu=2,memory=4Gi,storage=20Gi";

interface Competitor {
  readonly nodeId: bigint;
  readonly daemon: Daemon;
}

describe("nodes that compete for an order", function () {
  this.timeout(300_000);
  const cleanup = new Cleanup();
  let world: World;
  let first: bigint;
  let cheap: Competitor;
  let small: Competitor;
  before(async function () {
    const engine = await findEngine();
    if (engine === undefined) this.skip();
    world = cleanup.use("world", await createWorld({ docker: engine }));
    first = await nodeIdOf(world.network.nodeOperator);
    cheap = await join("cheap", { resources: AMPLE, prices: CHEAP, dockerHost: engine.host });
    small = await join("small", { resources: "cpu=0.25,memory=4Gi,storage=20Gi", dockerHost: engine.host });
  });
  after(async () => {
    await cleanup.stop();
  });

  it("are ranked by what they ask, one that is too small says so with figures, and the ranking holds", async () => {
    const { quotes, refusals } = await ask();
    expect(quotes.map(({ signed }) => signed.quote.nodeId)).to.deep.equal([cheap.nodeId, first]);
    const [best, next] = quotes.map(({ signed }) => signed.quote.ratePerSecond);
    expect(best !== undefined && next !== undefined && best < next).to.equal(true);
    const refusal = refusals.find(({ nodeId }) => nodeId === small.nodeId);
    expect(refusal?.message).to.match(/^Needs 0\.5 CPU, has 0\.25 CPU free\.$/);
    const explained = await world.tenant.cli.json([
      "quotes",
      "explain",
      "--manifest",
      await hello(),
      "--json",
    ]);
    expect(explained).to.deep.include({ holds: true, findings: [] });
  });

  it("the best bidder gets the lease and runs it; while it is away the next one does", async () => {
    const won = await world.tenant.deploy(await helloManifest(CEILING));
    expect((await world.leaseOf(won.lid)).nodeId).to.equal(cheap.nodeId);
    expect(await greetingOf(won)).to.include("<h1>Hello from Fizz</h1>");
    await world.tenant.close(won.lid);

    await cheap.daemon.stop();
    await until(async () => (await ask()).quotes.length === 1, "the gateway knows that it is away", 60_000);
    const second = await world.tenant.deploy(await helloManifest(CEILING));
    expect((await world.leaseOf(second.lid)).nodeId).to.equal(first);
    expect(await greetingOf(second)).to.include("<h1>Hello from Fizz</h1>");
    await world.tenant.close(second.lid);
  });

  async function hello(): Promise<string> {
    return await world.tenant.manifest(await helloManifest(CEILING));
  }

  async function ask() {
    const text = await world.tenant.cli.json(["quotes", "list", await hello(), "--json", "-"]);
    return z.object({ response: quotesResponseSchema }).parse(text).response;
  }

  async function greetingOf({ endpoints }: Awaited<ReturnType<World["tenant"]["deploy"]>>): Promise<string> {
    return await (await fetch(endpoints[0]?.url ?? "")).text();
  }

  async function nodeIdOf(operator: string): Promise<bigint> {
    const api = gatewayApi({ baseUrl: world.network.description.gatewayUrl, fetch });
    const [entry] = (await api.nodes({ operator, online: "true", limit: "1" })).nodes;
    return entry?.nodeId ?? 0n;
  }

  async function join(
    name: string,
    init: { readonly resources: string; readonly prices?: string; readonly dockerHost: string },
  ): Promise<Competitor> {
    const { network } = world;
    const key = generatePrivateKey();
    const operator = privateKeyToAddress(key);
    await fundOperators(network.chain, network.gatewayOperator, [operator]);
    cleanup.defer(`containers of ${name}`, () => removeNodeContainers(network.docker, operator));
    const folder = cleanup.use(`folder of ${name}`, await createTempDir(name));
    const { rpcUrl, contracts, gatewayUrl } = network.description;
    const own = {
      name,
      key,
      ownerKey: devAccount("nodeOwner").privateKey,
      mode: "fizz",
      region: "local",
    } as const;
    const where = { place: LOOPBACK, dataDir: folder.path, logDir: folder.path };
    const daemon = await startNode(
      { rpcUrl, contracts, gatewayUrl, ...own, ...where, ...init },
      async () => (await nodeIdOf(operator)) !== 0n,
    );
    cleanup.defer(name, () => daemon.stop());
    return { nodeId: await nodeIdOf(operator), daemon };
  }
});
