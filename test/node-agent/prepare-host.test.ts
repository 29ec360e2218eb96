import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareHost } from "../../node-agent/src/commands/prepare-host.ts";
import { loadConfig } from "../../node-agent/src/config.ts";
import { type GpuReader } from "../../node-agent/src/gpu-ports.ts";
import { NvidiaSmi } from "../../node-agent/src/gpu/nvidia-smi.ts";
import { codeOf } from "../support/code-of.ts";
import { cardsOf, uuidOf } from "./support/gpu-reports.ts";
import { CONTRACTS } from "./support/loopback-gateway.ts";
import { silentLog } from "./support/silent-log.ts";

const DAEMON = "etc/docker/daemon.json";

describe("prepare-host", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "fizz-host-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it("writes the firewall, the engine's unit and its configuration, and keeps what was there", async () => {
    await prepared({});
    const first = read(DAEMON);
    expect(JSON.parse(first)).to.have.property("no-new-privileges", true);
    expect(read("etc/fizz/swarm.nft")).to.match(/set machines .* 10\.0\.0\.1, 10\.0\.0\.2 /);
    expect(read("etc/systemd/system/docker.service.d/fizz.conf")).to.include("nft -f /etc/fizz/swarm.nft");
    await prepared({});
    expect(read(DAEMON)).to.equal(first);
    expect(readdirSync(join(root, "etc/docker")), "no change, no copy").to.deep.equal(["daemon.json"]);
    await prepared({ machines: "10.0.0.1,10.0.0.2,10.0.0.3" });
    const names = readdirSync(join(root, "etc/docker"));
    expect(names).to.have.length(2);
    const kept = names.find((name) => name.startsWith("daemon.json.before-fizz-")) ?? "";
    expect(read(join("etc/docker", kept))).to.equal(first);
  });

  it("announces this machine's cards of the model that is offered", async () => {
    const reader = { read: () => Promise.resolve([...cardsOf("t4"), ...cardsOf("rtx4090Pair")]) };
    const said = await prepared({ reader });
    expect(JSON.parse(read(DAEMON)))
      .to.have.property("node-generic-resources")
      .that.deep.equals([`NVIDIA-GPU=${uuidOf("1")}`, `NVIDIA-GPU=${uuidOf("2")}`]);
    expect(said).to.include("swarm-resource=DOCKER_RESOURCE_NVIDIA-GPU");
  });

  it("takes a machine without a driver for one without cards", async () => {
    await prepared({ reader: new NvidiaSmi({ path: root }) });
    expect(JSON.parse(read(DAEMON))).to.not.have.property("node-generic-resources");
  });

  it("writes nothing where the driver does not answer: its cards are not gone", async () => {
    const failed = new ProtocolError("GPU_UNAVAILABLE", "The driver does not answer.");
    const reader = { read: () => Promise.reject(failed) };
    expect(await codeOf(prepared({ reader }))).to.equal("GPU_UNAVAILABLE");
    expect(existsSync(join(root, "etc"))).to.equal(false);
  });

  it("takes IPv4 addresses of machines, and nothing else", async () => {
    for (const machines of [
      "",
      "10.0.0.1,",
      "10.0.0.1 10.0.0.2",
      "two",
      "::1",
      Array(257).fill("10.0.0.1").join(),
    ])
      expect(await codeOf(prepared({ machines })), machines).to.equal("USAGE");
  });

  interface Given {
    readonly machines?: string;
    readonly reader?: GpuReader;
  }

  async function prepared({ machines = "10.0.0.1,10.0.0.2", reader }: Given): Promise<string> {
    const lines: string[] = [];
    const config = loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_NODE_RESOURCES: "cpu=2,memory=4Gi,storage=20Gi,gpu=2,gpuModel=rtx4090",
    });
    const context = {
      config,
      log: silentLog,
      print: (line: string) => lines.push(line),
      signal: new AbortController().signal,
      askSecret: undefined,
    };
    const none = { read: () => Promise.resolve([]) };
    await prepareHost(context, { isApplied: true, machines, root, reader: reader ?? none });
    return lines.join("\n");
  }

  function read(path: string): string {
    return readFileSync(join(root, path), "utf8");
  }
});
