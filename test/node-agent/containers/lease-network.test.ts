import { parseManifest, openPartOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type Hex } from "viem";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { leasePortsOf } from "../../../node-agent/src/domain/lease-ports.ts";
import { prober } from "../../../node-agent/src/containers/prober.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { until } from "../../support/until.ts";
import { containerSpec } from "../support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);
/** A public number that a gateway gave. */
const BOUND = 31_234;

const MANIFEST = `
version: "1.0"
services:
  app:
    image: fizz/hello:1.0.0
    expose:
      - { port: 8080, to: [{ global: true }] }
  db:
    image: fizz/hello:1.0.0
    expose:
      - { port: 5432, to: [{ service: app }] }
      - { port_range: 7000-7002, to: [{ service: app }] }
      - { port: 9000, proto: udp, to: [{ service: app }] }
      - { port: 6000, use_public_port: true, to: [{ global: true }] }
  other:
    image: fizz/hello:1.0.0
profiles:
  name: names
  mode: fizz
  duration: 1h
  compute:
    small: { resources: { cpu: { units: 0.1 }, memory: { size: 32Mi }, storage: { size: 1Gi } } }
  placement:
    here: { pricing: { small: { token: ETH, amount: 1 } } }
deployment:
  app: { here: { profile: small, count: 1 } }
  db: { here: { profile: small, count: 2 } }
  other: { here: { profile: small, count: 1 } }
`;

/** TCP ports on which every container answers. */
const TCP = [5432, 7000, 7002, 7003, 8080, 9999, BOUND];
const SERVE = [...TCP.map((port) => `httpd -p ${port} -h /bin`), "sleep 1000"].join("; ");

describe("The network of a lease", function () {
  this.timeout(90_000);
  const leaseHash: Hex = `0x${randomBytes(32).toString("hex")}`;
  const cleanup = new Cleanup();
  let engine: DockerEngine;

  before(async function () {
    engine = testNode(await requireDocker(this));
    cleanup.defer("lease", async () => {
      for (const { id } of await engine.observe(signal())) await engine.remove(id, signal());
      await engine.removeLease(leaseHash, signal());
    });
    for (const [service, replica] of [
      ["app", 0],
      ["db", 0],
      ["db", 1],
      ["other", 0],
    ] as const)
      await start(service, replica);
  });

  after(() => cleanup.stop());

  it("leads from a service that is named to the port that names it, by name, ranges included", async () => {
    expect(await reached("app", "db")).to.deep.equal([5432, 7000, 7002, BOUND]);
    expect(await reached("app", "db-1")).to.deep.equal([5432, 7000, 7002, BOUND]);
  });

  it("leads to nothing else: neither from others to that port, nor to other ports", async () => {
    expect(await reached("other", "db")).to.deep.equal([BOUND]);
    expect(await reached("db", "other")).to.deep.equal([]);
    expect(await reached("app", "other")).to.deep.equal([]);
  });

  it("leads everybody of the lease to what is open to the public, with use_public_port on its number", async () => {
    expect(await reached("db", "app")).to.deep.equal([8080]);
    expect(await reached("other", "app")).to.deep.equal([8080]);
  });

  it("leads replicas of one service to each other, and the node to all", async () => {
    expect(await reached("db", "db-1")).to.deep.equal(TCP);
    const { address } = await find("other", 0);
    const probe = { host: address ?? "", port: 9999, path: null };
    expect(await prober.probe(probe, signal())).to.equal(undefined);
  });

  it("carries datagrams from the service that is named, and from no other", async () => {
    const [address = ""] = await addressesOf("app", "db-0");
    const send = async (from: string): Promise<string> =>
      await run(from, `/bin/busybox timeout 2 /bin/busybox tftp -g -l /dev/null -r x ${address} 9000`);
    const before = await unheard();
    await send("other");
    expect(await unheard()).to.equal(before);
    await until(async () => {
      await send("app");
      return (await unheard()) > before;
    }, "a datagram arrives");
  });

  it("keeps its rules when a container is started again", async () => {
    const { id } = await find("db", 0);
    await engine.stop(id, 0, signal());
    await engine.start(id, signal());
    await until(async () => (await reached("app", "db-0")).length > 0, "it listens again");
    expect(await reached("other", "db-0")).to.deep.equal([BOUND]);
  });

  async function start(service: string, replica: number): Promise<void> {
    const parsed = parseManifest(MANIFEST);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const openPart = openPartOf(parsed.manifest);
    const open = openPart.services.find(({ name }) => name === service);
    if (open === undefined) throw new Error(`no service ${service}`);
    const boundPorts = service === "db" ? [BOUND] : [];
    const spec = containerSpec({
      ...{ leaseHash, service, replica, boundPorts, command: ["/bin/sh", "-c", SERVE] },
      aliases: [service, `${service}-${replica}`],
      leasePorts: leasePortsOf(openPart, { service: open, replica, boundPorts }),
    });
    await engine.create(spec, randomBytes(32).toString("hex"), signal());
    await engine.start((await find(service, replica)).id, signal());
  }

  async function find(service: string, replica: number) {
    const all = await engine.observe(signal());
    const found = all.find((container) => container.service === service && container.replica === replica);
    if (found === undefined) throw new Error(`no container of ${service}`);
    return found;
  }

  async function run(service: string, script: string): Promise<string> {
    const { id } = await find(service, 0);
    const session = await engine.exec(id, { command: ["/bin/sh", "-c", script], terminal: null }, signal());
    let said = "";
    for await (const { bytes } of session.output) said += Buffer.from(bytes).toString();
    session.close();
    return said;
  }

  /** Datagrams that came to the first replica of db, on a port on which nobody listens. */
  async function unheard(): Promise<number> {
    const [, values = ""] = [...(await run("db", "cat /proc/net/snmp")).matchAll(/^Udp: (.*)$/gm)].map(
      ([, line = ""]) => line,
    );
    return Number(values.split(" ")[1]);
  }

  /** Ports of a name that answer the first replica of a service: of all its addresses. */
  async function reached(from: string, name: string): Promise<number[]> {
    const addresses = await addressesOf(from, name);
    expect(addresses, name).to.not.deep.equal([]);
    const tries = TCP.map((port) =>
      addresses.map((address) => `nc -w 3 ${address} ${port} < /dev/null > /dev/null`).join(" && "),
    );
    const said = await run(from, tries.map((one, index) => `${one} && echo ${TCP[index]}`).join("; "));
    return said
      .split("\n")
      .map(Number)
      .filter((port) => TCP.includes(port));
  }

  /** As a container resolves a name. Its own shell has no resolver that works without a C library's modules. */
  async function addressesOf(from: string, name: string): Promise<string[]> {
    const said = await run(from, `nslookup ${name}`);
    return [...said.matchAll(/Name:\s+\S+\s+Address: (\d+\.\d+\.\d+\.\d+)/g)].map(
      ([, address = ""]) => address,
    );
  }
});
