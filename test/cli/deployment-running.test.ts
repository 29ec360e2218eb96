import { closeReasons } from "@fizz/protocol/reasons";
import { expect } from "chai";
import { formatEther, parseEther } from "viem";
import { webManifest } from "./support/manifests.ts";
import { NetworkSuite } from "./support/network-suite.ts";
import { createHome } from "./support/run.ts";

describe("fizz, on a running network", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();

  describe("a running deployment", () => {
    it("is shown by get with the stable fields and more", async () => {
      const created = await suite.create(["--json"]);
      const lid = String(created.json()["lid"]);
      const result = await suite.run(["deployment", "get", "--lid", lid, "--json"]);
      expect(result.code, result.stderr).to.equal(0);
      expect(result.json()).to.deep.include(created.json());
      expect(result.json()).to.include({ available: true, version: 1, token: "ETH" });
    });

    it("is refused to another wallet, and an unknown lid is not found", async () => {
      const lid = await suite.createLease();
      const env = { FIZZ_PRIVATE_KEY: suite.network.stranger.privateKey };
      const other = await suite.home.run(["deployment", "get", "--lid", lid, "--json"], {
        fetch: suite.network.fetch,
        env,
      });
      expect([other.code, other.error().code]).to.deep.equal([6, "LEASE_NOT_YOURS"]);
      const unknown = await suite.run(["deployment", "get", "--lid", "999999", "--json"]);
      expect([unknown.code, unknown.error().code]).to.deep.equal([6, "LEASE_NOT_FOUND"]);
    });

    it("is shown as far as the chain knows it when its node does not answer", async () => {
      const lid = await suite.createLease();
      const elsewhere = await createHome();
      try {
        await elsewhere.write(".fizz/network.json", suite.network.description);
        const result = await elsewhere.run(["deployment", "get", "--lid", lid, "--json"], {
          fetch: suite.network.fetch,
        });
        expect([result.code, result.error().code]).to.deep.equal([5, "NODE_OFFLINE"]);
        expect(result.error().message).to.include("Deployment details not available. No response from host.");
        expect(result.json()).to.include({ lid: Number(lid), state: "active", available: false });
      } finally {
        await elsewhere.remove();
      }
    });

    it("is listed with its price, and after its close only with -a", async () => {
      const lid = Number((await suite.create(["--json"])).json()["lid"]);
      const lids = async (flags: readonly string[]): Promise<unknown[]> => {
        const listed: unknown = (await suite.run(["deployment", "list", "--json", ...flags])).json();
        return (listed as { lid: number }[]).map((entry) => entry.lid);
      };
      expect(await lids([])).to.include(lid);
      await suite.run(["deployment", "close", "--lid", String(lid), "--yes"]);
      expect(await lids([])).not.to.include(lid);
      expect(await lids(["-a"])).to.include(lid);
    });

    it("gives its logs and events over a session of its own", async () => {
      const lid = await suite.createLease();
      const logs = await suite.run(["deployment", "logs", "--lid", lid]);
      expect(logs.stdout, logs.stderr).to.equal("web-0 | listening on 8080\n");
      const json = await suite.run(["deployment", "logs", "--lid", lid, "-o", "json", "--tail", "10"]);
      expect(json.json()).to.include({
        service: "web",
        replica: 0,
        stream: "stdout",
        text: "listening on 8080",
      });
      const events = await suite.run(["deployment", "events", "--lid", lid, "--json"]);
      expect(events.stdout).to.include('"code":"image.pull.started"');
    });

    it("leaves the filters of its logs to the node, and shows times when it is told to", async () => {
      const lid = await suite.createLease();
      const filters = ["-r", "0", "--search", "list", "--since", "2023-01-01T00:00:00Z", "-t", "5"];
      const logs = await suite.run(["deployment", "logs", "--lid", lid, "--timestamps", ...filters]);
      expect(logs.stdout, logs.stderr).to.equal("2023-11-14T22:13:20.000Z web-0 | listening on 8080\n");
      expect(suite.network.asked()).to.deep.equal({
        ...{ follow: false, startup: false, tail: 5 },
        ...{ replica: 0, search: "list", since: Date.parse("2023-01-01T00:00:00Z") },
      });
      const startup = await suite.run(["deployment", "logs", "--lid", lid, "--startup", "-s", "web"]);
      expect(startup.code).to.equal(0);
      expect(suite.network.asked()).to.include({ startup: true, service: "web" });
    });

    it("shows what its containers use, as a table or as JSON, once or following", async () => {
      const lid = await suite.createLease();
      const stats = ["deployment", "stats", "--lid", lid];
      const table = await suite.run(stats);
      expect(table.stdout.split("\n"), table.stderr).to.deep.equal([
        "  SERVICE  CPU           MEMORY                         NET IN / OUT      DISK READ / WRITTEN  PIDS  RESTARTS",
        "  web-0    25.0% of 0.5  12.8 MiB of 128.0 MiB (10.0%)  2.0 KiB / 1000 B  0 B / 5.0 MiB        4     2",
        "  web-1    not running   -                              -                 -                    -     2",
        "",
      ]);
      const json = await suite.run([...stats, "--json", "--follow", "-s", "web", "-r", "0"]);
      expect(json.json()).to.have.nested.property("replicas[0].usage.milliCpu", 125);
      const screen = { columns: 120, rows: 40 };
      const followed = await suite.run([...stats, "--follow"], { screen });
      expect(followed.stdout).to.equal(`\u001b[H\u001b[J${table.stdout}`);
    });

    it("is updated in place when only the sealed part changes", async () => {
      const lid = await suite.createLease();
      await suite.home.write("web.yaml", webManifest({ env: "GREETING=bye" }));
      const result = await suite.run(["deployment", "update", "--lid", lid, "web.yaml", "--json"]);
      expect(result.code, result.stderr).to.equal(0);
      expect(result.json()).to.include({ version: 2 });
      expect(suite.network.opened.at(-1)?.sealedPart.services[0]?.env).to.deep.equal(["GREETING=bye"]);
    });

    it("is updated at a fresh quote when its price ceiling changes", async () => {
      const lid = await suite.createLease();
      await suite.home.write("web.yaml", webManifest({ price: "0.0009" }));
      const result = await suite.run(["deployment", "update", "--lid", lid, "web.yaml", "--json", "--yes"]);
      expect(result.code, result.stderr).to.equal(0);
      expect(result.stderr).to.include("Agreed price per hour");
    });

    it("keeps its ports: an update that changes them is refused before anything is sent", async () => {
      const lid = await suite.createLease();
      await suite.home.write("web.yaml", webManifest({ port: 9090 }));
      const result = await suite.run(["deployment", "update", "--lid", lid, "web.yaml", "--json"]);
      expect([result.code, result.error().code]).to.deep.equal([3, "UPDATE_NOT_ALLOWED"]);
      expect(result.error().message).to.include('ports of service "web"');
      expect(await suite.read("pendingUpdateOf", [BigInt(lid)])).to.include({
        version: 0,
      });
    });

    it("runs on when the node declines the update, with the reason", async () => {
      const lid = await suite.createLease();
      suite.network.behaviour.outcome = closeReasons["node.update_failed"];
      await suite.home.write("web.yaml", webManifest({ env: "GREETING=bye" }));
      const result = await suite.run(["deployment", "update", "--lid", lid, "web.yaml", "--json"]);
      expect([result.code, result.error().code]).to.deep.equal([6, "NODE_REFUSED"]);
      expect(result.error().message).to.include("node.update_failed");
      expect((await suite.leaseOf(lid)).version).to.equal(1);
    });

    it("is topped up and closed, and the rest comes back", async () => {
      const lid = await suite.createLease();
      const before = (await suite.leaseOf(lid)).balance;
      const topped = await suite.run([
        "deployment",
        "topup",
        "--lid",
        lid,
        "--amount",
        "0.001",
        "--yes",
        "--json",
      ]);
      expect(topped.code, topped.stderr).to.equal(0);
      const after = (await suite.leaseOf(lid)).balance;
      expect(Number(formatEther(after - before))).to.be.closeTo(0.001, 0.00001);
      const closed = await suite.run(["deployment", "close", "--lid", lid, "--yes", "--json"]);
      expect(closed.code, closed.stderr).to.equal(0);
      expect(closed.json()).to.include({ lid: Number(lid), state: "closed", reason: "tenant.closed" });
      expect(BigInt(String(closed.json()["refunded"])) > parseEther("0.001")).to.equal(true);
      const again = await suite.run(["deployment", "close", "--lid", lid, "--yes", "--json"]);
      expect(again.error().code).to.equal("LEASE_WRONG_STATE");
    });
  });

  describe("the escrow account", () => {
    it("takes deposits and gives back what is free, to the unit", async () => {
      await suite.run(["payment", "withdraw", "--amount", "all"]);
      await suite.run(["payment", "deposit", "--amount", "0.25"]);
      const balance = await suite.run(["payment", "balance", "--token", "ETH", "--json"]);
      expect((balance.json() as unknown as { free: string }[])[0]?.free).to.equal(String(parseEther("0.25")));
      const tooMuch = await suite.run(["payment", "withdraw", "--amount", "1", "--json"]);
      expect([tooMuch.code, tooMuch.error().code]).to.deep.equal([4, "INSUFFICIENT_ESCROW"]);
      const all = await suite.run(["payment", "withdraw", "--amount", "all", "--json"]);
      expect(all.json()).to.include({ free: "0" });
    });

    it("lists the tokens that pay", async () => {
      const tokens: unknown = (await suite.run(["payment", "tokens", "--json"])).json();
      expect(tokens).to.deep.include({
        address: "0x0000000000000000000000000000000000000000",
        symbol: "ETH",
        decimals: 18,
      });
    });
  });

  describe("the doctor", () => {
    it("names the part that is not in order: here no node is listed", async () => {
      const result = await suite.run(["doctor", "--json"]);
      expect(result.code).to.equal(1);
      const checks = result.json()["checks"] as { name: string; ok: boolean }[];
      expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).to.deep.equal(["nodes"]);
    });
  });
});
