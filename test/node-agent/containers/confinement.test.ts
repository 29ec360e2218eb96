import { expect } from "chai";
import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { type Hex } from "viem";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { DockerEngine as Engine } from "../../../node-agent/src/containers/docker-engine.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { codeOf } from "../../support/code-of.ts";
import { heldProgram, letGo } from "../../support/held-program.ts";
import { until } from "../../support/until.ts";
import { containerSpec } from "../support/builders.ts";

const MIB = 1024n * 1024n;
const CAP_LIST = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

describe("DockerEngine confines containers", function () {
  this.timeout(120_000);
  let engine: DockerEngine;
  let docker: Dockerode;
  const leases: Hex[] = [];

  before(async function () {
    const found = await requireDocker(this);
    docker = found.client;
    engine = testNode(found);
  });

  after(async () => {
    if (leases.length === 0) return;
    for (const { id } of await engine.observe(signal())) await engine.remove(id, signal());
    for (const lease of leases) await engine.removeLease(lease, signal());
  });

  it("with dropped capabilities, limits, log rotation and a network of the lease's own", async () => {
    const { id, spec } = await run("sleep 1000");
    const {
      HostConfig: host,
      NetworkSettings: network,
      Mounts: mounts,
    } = await docker.getContainer(id).inspect();
    expect(host.Privileged).to.equal(false);
    expect(host.CapDrop).to.deep.equal(["ALL"]);
    expect([...(host.CapAdd as string[])].sort()).to.deep.equal(CAP_LIST);
    expect(host.SecurityOpt).to.deep.equal(["no-new-privileges:true"]);
    expect(host.Memory).to.equal(Number(32n * MIB));
    expect(host.MemorySwap).to.equal(host.Memory);
    expect(host.NanoCpus).to.equal(250_000_000);
    expect(host.PidsLimit).to.equal(1_024);
    expect(host.RestartPolicy?.Name).to.equal("no");
    expect(host.LogConfig).to.deep.equal({
      Type: "json-file",
      Config: { "max-file": "3", "max-size": "10m" },
    });
    expect(Object.keys(network.Networks)).to.deep.equal([]);
    const sandbox = await docker.getContainer(host.NetworkMode?.replace("container:", "") ?? "").inspect();
    const { Networks: networks } = sandbox.NetworkSettings;
    expect(Object.keys(networks)).to.deep.equal([`fizz-${spec.leaseHash.slice(2, 18)}`]);
    expect(mounts).to.deep.equal([]);
    expect(host.PortBindings ?? {}).to.deep.equal({});
  });

  it("so that a process has no more than the listed capabilities and cannot get any", async () => {
    const { output } = await run(
      "sed -n -e /^Cap/p -e /^NoNewPrivs/p -e /^Seccomp:/p /proc/self/status; sleep 1000",
    );
    await until(async () => (await output()).length === 7, "the status is printed");
    const status = Object.fromEntries((await output()).map((line) => line.split(":\t") as [string, string]));
    // Bits 0 CHOWN, 1 DAC_OVERRIDE, 3 FOWNER, 5 KILL, 6 SETGID, 7 SETUID, 10 NET_BIND_SERVICE.
    expect(BigInt(`0x${status["CapBnd"] ?? ""}`)).to.equal(0b100_1110_1011n);
    expect(BigInt(`0x${status["CapEff"] ?? ""}`)).to.equal(0b100_1110_1011n);
    expect(status["NoNewPrivs"]).to.equal("1");
    expect(status["Seccomp"]).to.equal("2");
  });

  it("so that it is ended when it takes more memory than it leased", async () => {
    const grow = "x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done";
    const { id } = await run("", { command: heldProgram(`/bin/sh -c '${grow}'`) });
    await letGo(docker, id);
    const find = async () => (await engine.observe(signal())).find((container) => container.id === id);
    await until(async () => (await find())?.state === "exited", "the container is ended");
    expect((await find())?.outOfMemory).to.equal(true);
  });

  it("so that services of one lease reach each other by name, and nobody else's", async () => {
    const lease = randomHash();
    await run("httpd -f -p 8080 -h /etc", { leaseHash: lease, service: "db", aliases: ["db", "db-0"] });
    const other = await run("httpd -f -p 8080 -h /etc");
    const address = (await engine.observe(signal())).find(({ id }) => id === other.id)?.address ?? "";
    // A static busybox resolves names in nslookup only.
    const lookUp = (name: string): string => `$(nslookup ${name} | sed -n 's/^Address: //p')`;
    const request = String.raw`printf 'GET /hostname HTTP/1.0\r\n\r\n'`;
    const probe = (host: string, name: string): string =>
      `[ "$(${request} | nc -w 3 ${host} 8080 2> /dev/null | sed -n /200/p)" ] && echo ${name} reached || echo ${name} out of reach`;
    const script = [
      "sleep 1",
      probe(lookUp("db"), "db"),
      probe(lookUp("db-0"), "db-0"),
      probe(address, "stranger"),
      "sleep 1000",
    ].join("; ");
    const { output } = await run(script, { leaseHash: lease });
    await until(async () => (await output()).length === 3, "the probes are through");
    expect(await output()).to.deep.equal(["db reached", "db-0 reached", "stranger out of reach"]);
  });

  it("and gives persistent volumes to the next container, others to nobody", async () => {
    const lease = randomHash();
    const volume = (name: string, persistent: boolean) => ({
      name,
      path: `/${name}`,
      readOnly: false,
      persistent,
    });
    const spec = { leaseHash: lease, volumes: [volume("kept", true), volume("scratch", false)] };
    const first = await run("echo x > /kept/file; echo x > /scratch/file; echo done; sleep 1000", spec);
    await until(async () => (await first.output()).length === 1, "the files are written");
    await engine.remove(first.id, signal());
    const second = await run("ls /kept /scratch; sleep 1000", spec);
    await until(async () => (await second.output()).length >= 4, "the files are listed");
    expect((await second.output()).filter((line) => line !== "")).to.deep.equal([
      "/kept:",
      "file",
      "/scratch:",
    ]);
    await engine.remove(second.id, signal());
    await engine.removeLease(lease, signal());
    const { Volumes: left } = await docker.listVolumes({ filters: { label: [`fizz.lease=${lease}`] } });
    expect(left).to.deep.equal([]);
  });

  it("and says ENGINE_UNREACHABLE when there is no engine", async () => {
    const nobody = new Engine({ host: "unix:///nonexistent/docker.sock", node: "test" });
    expect(await codeOf(nobody.observe(signal()))).to.equal("ENGINE_UNREACHABLE");
    expect(await codeOf(nobody.facts(signal()))).to.equal("ENGINE_UNREACHABLE");
    expect(await codeOf(nobody.watch(() => undefined, signal()))).to.equal("ENGINE_UNREACHABLE");
  });

  function randomHash(): Hex {
    const hash: Hex = `0x${randomBytes(32).toString("hex")}`;
    leases.push(hash);
    return hash;
  }

  async function run(script: string, changes: Partial<ContainerSpec> = {}) {
    const spec = containerSpec({ leaseHash: randomHash(), command: ["/bin/sh", "-c", script], ...changes });
    const digest = randomBytes(32).toString("hex");
    await engine.create(spec, digest, signal());
    const { id = "" } =
      (await engine.observe(signal())).find((container) => container.digest === digest) ?? {};
    await engine.start(id, signal());
    const output = async (): Promise<string[]> => {
      const lines: string[] = [];
      for await (const { text } of engine.output(id, { follow: false, tail: null }, signal()))
        lines.push(text);
      return lines;
    };
    return { id, spec, output };
  }
});
