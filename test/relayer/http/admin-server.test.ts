import { expect } from "chai";
import { AdminServer } from "../../../relayer/src/http/admin-server.ts";
import { PromMeter } from "../../../relayer/src/observability/prom-meter.ts";
import { codeOf } from "../../support/code-of.ts";

describe("the operator's server", () => {
  const running: AdminServer[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });

  it("serves metrics with what is read at each scrape", async () => {
    const meter = new PromMeter();
    let doors = 3;
    meter.watch({
      doors: () => ({ leases: 1, doors, connections: 0 }),
      nodesOnline: () => 2,
      chain: () => ({ reachable: true, head: "7", lastSeenAt: Date.now() - 5_000 }),
      isDraining: () => false,
    });
    meter.refused("address");
    const url = await start({ metrics: () => meter.text() });
    const scrape = async (): Promise<string[]> => {
      const response = await fetch(`${url}/metrics`);
      expect(response.headers.get("content-type")).to.include("text/plain");
      return (await response.text()).split("\n");
    };
    expect(await scrape()).to.include.members([
      "fizz_gateway_doors 3",
      "fizz_gateway_nodes_online 2",
      "fizz_gateway_chain_head 7",
      'fizz_gateway_connections_refused_total{limit="address"} 1',
    ]);
    doors = 4;
    expect(await scrape()).to.include("fizz_gateway_doors 4");
    expect((await scrape()).some((line) => line.startsWith("process_resident_memory_bytes"))).to.equal(true);
  });

  it("is alive while it is not ready, and says why", async () => {
    let reason: string | undefined = "The chain does not answer.";
    const url = await start({ notReady: () => reason });
    const ask = async (path: string): Promise<[number, string]> => {
      const response = await fetch(url + path);
      return [response.status, (await response.text()).trim()];
    };
    expect(await ask("/livez")).to.deep.equal([200, "alive"]);
    expect(await ask("/readyz")).to.deep.equal([503, "The chain does not answer."]);
    reason = undefined;
    expect(await ask("/readyz")).to.deep.equal([200, "ready"]);
    expect((await ask("/v1/nodes"))[0]).to.equal(404);
  });

  it("says when its port is taken", async () => {
    const url = await start({});
    const taken = new AdminServer({ ...init({}), port: Number(new URL(url).port) });
    expect(await codeOf(taken.start())).to.equal("CONFIG_INVALID");
  });

  type Changes = Partial<ConstructorParameters<typeof AdminServer>[0]>;

  function init(changes: Changes): ConstructorParameters<typeof AdminServer>[0] {
    const metrics = (): Promise<{ contentType: string; body: string }> =>
      Promise.resolve({ contentType: "text/plain", body: "" });
    return { host: "127.0.0.1", port: 0, metrics, notReady: () => undefined, ...changes };
  }

  async function start(changes: Changes): Promise<string> {
    const server = new AdminServer(init(changes));
    running.push(server);
    return `http://127.0.0.1:${await server.start()}`;
  }
});
