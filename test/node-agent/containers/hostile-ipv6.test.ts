import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { type Hex } from "viem";
import { networkNameOf } from "../../../node-agent/src/containers/labels.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { type Engine } from "../../../scripts/lib/docker/find-engine.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { type Attacker, Attackers } from "../../support/hostile/attacker.ts";
import { ensureHostileImage } from "../../support/hostile/hostile-image.ts";
import { listenOnHost, type ListeningHost } from "../../support/hostile/listening-host.ts";

/** Leases have no IPv6. Here their networks get it behind the agent's back, as by an engine that gives it to all. */
describe("A hostile container with IPv6", function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  const attackers = new Attackers();
  let docker: Engine;
  let host: ListeningHost;

  before(async function () {
    docker = await requireDocker(this);
    if (!(await ensureHostileImage(docker.client))) this.skip();
    host = cleanup.use("host", await listenOnHost());
    cleanup.use("attackers", attackers);
  });

  after(async () => {
    await cleanup.stop();
  });

  it("reaches neither this machine, by any of its addresses, nor a neighbour on the link", async () => {
    const loose = await attackers.start(testNode(docker, null), { leaseHash: await networkWithIpv6() });
    const all = await addressesFor(loose);
    expect(all.some((address) => address.startsWith("fe80:"))).to.equal(true);
    expect(await loose.reach(all, host.port)).to.deep.equal(all);
    const confined = await attackers.start(testNode(docker), { leaseHash: await networkWithIpv6() });
    expect(await confined.reach(await addressesFor(confined), host.port)).to.deep.equal([]);
    const before = host.datagrams.length;
    await loose.send("loose", ["ff02::1%eth0"], host.port);
    await confined.send("confined", ["ff02::1%eth0", ...(await addressesFor(confined))], host.port);
    expect(host.datagrams.slice(before).filter((text) => text.startsWith("confined"))).to.deep.equal([]);
  });

  it("has loopback all the same", async () => {
    const confined = await attackers.start(testNode(docker), {
      leaseHash: await networkWithIpv6(),
      command: ["/bin/httpd", "-f", "-p", "[::1]:8080", "-h", "/etc"],
    });
    expect(await confined.reach(["::1"], 8080)).to.deep.equal(["::1"]);
  });

  /** The machine's own, and those of the container's bridge: gateway and link-local. */
  async function addressesFor(attacker: Attacker): Promise<string[]> {
    const { NetworkSettings: settings, HostConfig: config } = await docker.client
      .getContainer(attacker.id)
      .inspect();
    const holder = config.NetworkMode?.startsWith("container:") === true ? config.NetworkMode.slice(10) : "";
    const networks =
      holder === ""
        ? settings.Networks
        : (await docker.client.getContainer(holder).inspect()).NetworkSettings.Networks;
    const [endpoint] = Object.values(networks);
    const gateway = endpoint?.IPv6Gateway ?? "";
    expect(gateway).to.not.equal("");
    const bridge = Object.values(networkInterfaces())
      .map((entries) => entries ?? [])
      .find((entries) => entries.some(({ address }) => address === gateway));
    const local = bridge?.find(({ address }) => address.startsWith("fe80:"))?.address;
    return [gateway, ...hostAddresses(), ...(local === undefined ? [] : [`${local}%eth0`])];
  }

  async function networkWithIpv6(): Promise<Hex> {
    const leaseHash: Hex = `0x${randomBytes(32).toString("hex")}`;
    await docker.client.createNetwork({
      Name: networkNameOf(leaseHash),
      EnableIPv6: true,
      IPAM: {
        Driver: "default",
        Config: [{ Subnet: `fd5a:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}::/64` }],
      },
      Labels: { "fizz.test": String(process.pid) },
    });
    return leaseHash;
  }
});

function hostAddresses(): string[] {
  const entries = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return entries
    .filter(({ family, internal, address }) => family === "IPv6" && !internal && address.startsWith("fd00:"))
    .map(({ address }) => address);
}
