import { leaseMarketAbi } from "@fizz/protocol/chain";
import { statsSnapshotSchema } from "@fizz/protocol/messages";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { unpackResources } from "@fizz/protocol/manifest";
import { rate, ratePerHour } from "@fizz/protocol/units";
import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Hex } from "viem";
import { type DeploymentJson } from "../../scripts/lib/deployment-json.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { waitForHttp } from "../../scripts/lib/wait-for-http.ts";
import { until } from "../support/until.ts";
import { helloManifest, sharedWorld, stopSharedWorld, untilGone, type World } from "../support/world.ts";

after(stopSharedWorld);

describe("the life of a lease", function () {
  this.timeout(180_000);
  let world: World;
  let deployment: DeploymentJson;
  let leaseHash: Hex;
  before(async function () {
    world = await sharedWorld(this);
    deployment = await world.tenant.deploy(await helloManifest(["Hello from Fizz", "Hello, life"]));
    leaseHash = (await world.leaseOf(deployment.lid)).leaseHash;
  });

  it("create ends with the stable line: lid, state, hash, replicas and endpoints", () => {
    expect(deployment.state).to.equal("active");
    expect(deployment.manifestHash).to.match(/^0x[0-9a-f]{64}$/);
    expect(deployment.replicas).to.deep.equal({ ready: 1, total: 1 });
    expect(deployment.endpoints).to.have.length(1);
    const [endpoint] = deployment.endpoints;
    expect(endpoint).to.include({
      service: "web",
      replica: 0,
      port: 8080,
      protocol: "tcp",
      host: "127.0.0.1",
    });
    expect(endpoint?.url).to.equal(`http://127.0.0.1:${endpoint?.publicPort ?? 0}`);
  });

  it("serves through the gateway's public port, 50 requests at once", async () => {
    const url = deployment.endpoints[0]?.url ?? "";
    const answers = await Promise.all(Array.from({ length: 50 }, async () => await waitForHttp(url)));
    for (const { status, text } of answers) {
      expect(status).to.equal(200);
      expect(text).to.contain("Hello, life");
    }
  });

  it("get shows the same fields and more, list shows the lease", async () => {
    const got = await world.tenant.get(deployment.lid);
    expect(got).to.deep.include({ state: "active", manifestHash: deployment.manifestHash });
    expect(got.endpoints).to.deep.equal(deployment.endpoints);
    expect(got["leaseHash"]).to.equal(leaseHash);
    const list = await world.tenant.cli.run(["deployment", "list", "--json"]);
    expect(list.stdout).to.contain(`"lid":${deployment.lid}`);
  });

  it("logs: all, by service, the last line, the start-up steps, and followed as they come", async () => {
    const lid = String(deployment.lid);
    const logs = async (...args: string[]): Promise<string> =>
      (await world.tenant.cli.run(["deployment", "logs", "--lid", lid, ...args])).stdout;
    expect(await logs()).to.contain('greeting "Hello, life"');
    expect(await logs("--service", "web")).to.contain("web-0 | ");
    expect((await logs("--tail", "1")).trim().split("\n")).to.have.length(1);
    const startup = await logs("--startup");
    for (const step of ["Initializing deployment", "Creating container", "Deployment startup complete"])
      expect(startup).to.contain(step);
    const stop = new AbortController();
    const following = world.tenant.cli.run(["deployment", "logs", "--lid", lid, "--follow"], stop.signal);
    following.catch(() => undefined);
    setTimeout(() => {
      stop.abort();
    }, 15_000);
    const { status } = await world.tenant.cli.run([
      "deployment",
      "logs",
      "--lid",
      lid,
      "--service",
      "nobody",
    ]);
    expect(status).not.to.equal(0);
    stop.abort();
    await following.catch(() => undefined);
  });

  it("shell runs a program in the container, with its input, its outputs and its exit code", async () => {
    const shell = ["deployment", "shell", "web", "--lid", String(deployment.lid)];
    const script = "cat /proc/1/comm; echo away >&2; exit 7";
    const result = await world.tenant.cli.run([...shell, "--", "/bin/sh", "-c", script]);
    expect(result.status, result.stderr).to.equal(7);
    expect(result.stdout.trim()).to.match(/^[\w-]+$/);
    expect(result.stderr).to.contain("away\n");
    // Nothing of this machine's own processes is seen.
    const own = await world.tenant.cli.run([...shell, "--", "/bin/sh", "-c", `kill -0 ${process.pid}`]);
    expect(own.status).not.to.equal(0);
  });

  it("cp brings files into the container and out again, stats tell what it uses, and logs are searched", async () => {
    const lid = ["--lid", String(deployment.lid)];
    const { cli } = world.tenant;
    const temp = await createTempDir("cp");
    const file = join(temp.path, "file");
    await writeFile(file, "x".repeat(1_000_000));
    const up = await cli.run(["deployment", "cp", ...lid, file, "web:/www/"]);
    expect(up.status, up.stderr).to.equal(0);
    const down = await cli.run(["deployment", "cp", ...lid, "web/0:/www/file", join(temp.path, "back")]);
    expect(down.status, down.stderr).to.equal(0);
    expect(await readFile(join(temp.path, "back"), "utf8")).to.equal("x".repeat(1_000_000));
    await temp.stop();
    const stats = await cli.run(["deployment", "stats", ...lid, "--json"]);
    const snapshot = statsSnapshotSchema.parse(JSON.parse(stats.stdout));
    expect(snapshot.replicas[0]?.limits).to.deep.equal({ milliCpu: 500, memoryBytes: 128 * 1024 * 1024 });
    expect(snapshot.replicas[0]?.usage?.memoryBytes).to.be.greaterThan(0);
    expect(snapshot.replicas[0]?.usage?.milliCpu).to.be.a("number");
    const found = await cli.run([
      "deployment",
      "logs",
      ...lid,
      "--search",
      "HELLO, LIFE",
      "--timestamps",
      "-r",
      "0",
    ]);
    expect(found.stdout).to.match(/^\d{4}-\d\d-\d\dT.*web-0 \| .*Hello, life/);
    expect((await cli.run(["deployment", "logs", ...lid, "--search", "no such words"])).stdout).to.equal("");
  });

  it("shell gives the program a terminal when it is told to", async () => {
    const shell = ["deployment", "shell", "web", "--lid", String(deployment.lid), "--tty"];
    const result = await world.tenant.cli.run([...shell, "--", "/bin/sh", "-c", "test -t 0 && test -t 1"]);
    expect(result.status, result.stderr).to.equal(0);
    const without = await world.tenant.cli.run([...shell.slice(0, -1), "--", "/bin/sh", "-c", "test -t 1"]);
    expect(without.status).to.equal(1);
  });

  it("events tell every step, in order, without gaps", async () => {
    const events = await world.tenant.events(deployment.lid);
    const codes = events.map((event) => event.code);
    const steps = ["manifest.accepted", "container.created", "container.started", "lease.confirmed"];
    const places = steps.map((step) => codes.indexOf(step));
    expect(places, codes.join(" ")).not.to.include(-1);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(events.map((event) => event.cursor)).to.deep.equal(events.map((_, index) => index + 1));
  });

  it("the gateway shows the node's capacity without what is leased", async () => {
    const api = gatewayApi({ baseUrl: world.network.description.gatewayUrl, fetch });
    await until(async () => {
      const [node] = (await api.nodes()).nodes;
      if (node === undefined) return false;
      const [free, total] = [unpackResources(node.offer.free), unpackResources(node.offer.total)];
      return total.milliCpu - free.milliCpu === 500 && node.offer.leases === 1;
    }, "the offer is 500 mCPU below the total");
  });

  it("costs what the node's price list says, by the second", async () => {
    const api = gatewayApi({ baseUrl: world.network.description.gatewayUrl, fetch });
    const prices = (await api.nodes()).nodes[0]?.offer.prices;
    expect(prices).not.to.equal(undefined);
    if (prices === undefined) return;
    const { cpuPerHour, memoryGiBPerHour, storageGiBPerHour } = prices;
    const perHour = (cpuPerHour * 500n) / 1_000n + (memoryGiBPerHour * 128n) / 1_024n + storageGiBPerHour;
    const { ratePerSecond } = await world.leaseOf(deployment.lid);
    const difference = ratePerHour(rate(ratePerSecond)) - perHour;
    expect(difference >= -1n && difference <= 1n, `${difference} wei an hour`).to.equal(true);
  });

  it("runs confined: no capability beyond the short list, no new privileges, limits, a network of its own", async () => {
    const [container] = await world.containersOf(leaseHash);
    const info = await world.network.docker.getContainer(container?.id ?? "").inspect();
    expect(info.HostConfig.Privileged).to.equal(false);
    expect(info.HostConfig.CapDrop).to.include("ALL");
    expect(String(info.HostConfig.SecurityOpt)).to.contain("no-new-privileges");
    expect(info.HostConfig.NanoCpus).to.equal(500_000_000);
    expect(info.HostConfig.Memory).to.equal(128 * 1024 * 1024);
    expect(info.HostConfig.MemorySwap).to.equal(info.HostConfig.Memory);
    expect(info.HostConfig.PidsLimit).to.be.greaterThan(0);
    expect(info.HostConfig.LogConfig?.Config).to.have.property("max-size");
    expect(info.HostConfig.NetworkMode).to.match(/^container:[0-9a-f]{64}$/);
    const sandbox = info.HostConfig.NetworkMode?.replace("container:", "") ?? "";
    const held = await world.network.docker.getContainer(sandbox).inspect();
    expect(Object.keys(held.NetworkSettings.Networks)).to.have.length(1);
    expect(held.HostConfig.NetworkMode).not.to.be.oneOf(["host", "bridge", "default"]);
    expect(info.Mounts.map((mount) => mount.Source).join()).not.to.contain("docker.sock");
  });

  it("close pays the node by the second, gives the rest back, and removes the containers", async () => {
    const { network, tenant } = world;
    const before = await world.accountOf(tenant.address);
    const { balance } = await world.leaseOf(deployment.lid);
    const { nodeId, subnetId } = await world.leaseOf(deployment.lid);
    const earned = await world.earningsOf(nodeId, subnetId);
    await tenant.close(deployment.lid);
    const [closed] = await network.chain.client.getContractEvents({
      address: network.description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      eventName: "LeaseClosed",
      args: { lid: deployment.lid },
      fromBlock: 0n,
      strict: true,
    });
    const settled = await network.chain.client.getContractEvents({
      address: network.description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      eventName: "LeaseSettled",
      args: { lid: deployment.lid },
      fromBlock: 0n,
      strict: true,
    });
    const paid = settled.reduce((sum, event) => sum + event.args.paid, 0n);
    const toNode = settled.reduce((sum, event) => sum + event.args.toNode, 0n);
    expect(paid > 0n).to.equal(true);
    expect(closed?.args.refunded).to.equal(balance - paid);
    const account = await world.accountOf(tenant.address);
    expect(account.free).to.equal(before.free + balance - paid);
    expect(account.locked).to.equal(before.locked - balance);
    expect(await world.earningsOf(nodeId, subnetId)).to.equal(earned + toNode);
    await untilGone(world, leaseHash);
    await until(
      async () =>
        (await network.docker.listNetworks({ filters: { label: [`fizz.lease=${leaseHash}`] } })).length === 0,
      "the lease's network is removed",
    );
    await until(
      async () =>
        await fetch(deployment.endpoints[0]?.url ?? "").then(
          () => false,
          () => true,
        ),
      "the public port is closed",
    );
  });

  describe("with port ranges, public ports and replicas", () => {
    it("gives each replica contiguous doors of its own, and tells it the public numbers", async () => {
      const text = await readFile(inRoot("examples/port-range.yaml"), "utf8");
      const ports = await world.tenant.deploy(text.replace("pull_policy: IfNotPresent", SHOW_ENVIRONMENT));
      expect(ports.replicas).to.deep.equal({ ready: 2, total: 2 });
      expect(ports.endpoints).to.have.length(10);
      for (const replica of [0, 1]) {
        const own = ports.endpoints.filter((endpoint) => endpoint.replica === replica);
        const range = own.filter((endpoint) => endpoint.port >= 30_100 && endpoint.port <= 30_103);
        expect(range.map((endpoint) => endpoint.publicPort - (range[0]?.publicPort ?? 0))).to.deep.equal([
          0, 1, 2, 3,
        ]);
        const announced = own.find((endpoint) => !range.includes(endpoint));
        expect(announced?.port).to.equal(9_100);
        const { text: environment } = await waitForHttp(announced?.url ?? "");
        expect(environment).to.contain(`FIZZ_REPLICA=${replica}`);
        expect(environment).to.contain("FIZZ_PUBLIC_HOST=127.0.0.1");
        expect(environment).to.contain(`=${announced?.publicPort ?? 0}`);
      }
      await world.tenant.close(ports.lid);
    });

    it("lets the services of one manifest talk by name", async () => {
      const two = await world.tenant.deploy(await readFile(inRoot("examples/two-services.yaml"), "utf8"));
      expect(two.replicas.ready).to.equal(two.replicas.total).and.to.be.at.least(2);
      await world.tenant.close(two.lid);
    });
  });
});

/** Serves the container's environment on the public port that it was given. */
const SHOW_ENVIRONMENT = `pull_policy: IfNotPresent
    command: ["/bin/sh", "-c"]
    args:
      - |
        /bin/busybox mkdir -p /tmp/www/cgi-bin
        printf '#!/bin/sh\\nprintf "Content-Type: text/plain\\\\r\\\\n\\\\r\\\\n"\\nenv\\n' > /tmp/www/cgi-bin/index.cgi
        /bin/busybox chmod 755 /tmp/www/cgi-bin/index.cgi
        exec httpd -f -p "$FIZZ_PUBLIC_PORT_9100" -h /tmp/www`;
