import { expect } from "chai";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaseTree } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { FilePulses } from "../../../node-agent/src/store/file-pulses.ts";
import { hashOf } from "../support/builders.ts";
import { silentLog } from "../support/silent-log.ts";

const MAX_PULSES = 10;
const MAX_BYTES = 20_000;

describe("FilePulses", () => {
  it("appends pulses, across a restart, with their leases where those have changed", async () => {
    const { open, lines } = await setup();
    const pulses = open();
    pulses.append(evidence(1, []));
    pulses.append(evidence(2, []));
    pulses.append(evidence(3, [hashOf("lease")]));
    open().append(evidence(4, [hashOf("lease")]));
    const all = await lines("pulses.jsonl");
    expect(all.map((line) => line["leaseHashes"])).to.deep.equal([
      [],
      undefined,
      [hashOf("lease")],
      [hashOf("lease")],
    ]);
    expect(all.map((line) => (line["pulse"] as { at: number }).at)).to.deep.equal([1, 2, 3, 4]);
    expect(all[0]).to.include({ nodeSignature: "0x01", gatewaySignature: "0x02" });
  });

  it("leaves a line that a crash tore alone", async () => {
    const { open, path } = await setup();
    open().append(evidence(1, []));
    await appendFile(join(path, "pulses.jsonl"), '{"pulse":{"no');
    open().append(evidence(2, []));
    const text = await readFile(join(path, "pulses.jsonl"), "utf8");
    const [first = "", torn, last = "", rest] = text.split("\n");
    expect([torn, rest]).to.deep.equal(['{"pulse":{"no', ""]);
    expect(
      [first, last].map((line) => (JSON.parse(line) as { pulse: { at: number } }).pulse.at),
    ).to.deep.equal([1, 2]);
  });

  it("is readable for its owner alone", async () => {
    const { open, path } = await setup();
    open().append(evidence(1, []));
    expect((await stat(join(path, "pulses.jsonl"))).mode & 0o777).to.equal(0o600);
  });

  it("keeps two files of so many pulses, and no more", async () => {
    const { open, lines, path } = await setup();
    const pulses = open();
    for (let at = 1; at <= 2 * MAX_PULSES + 1; at += 1) pulses.append(evidence(at, []));
    expect((await readdir(path)).sort()).to.deep.equal(["pulses.before.jsonl", "pulses.jsonl"]);
    const [before, now] = [await lines("pulses.before.jsonl"), await lines("pulses.jsonl")];
    expect([before.length, now.length]).to.deep.equal([MAX_PULSES, 1]);
    expect(now[0]).to.have.property("leaseHashes");
  });

  it("begins another file when one has grown too long in bytes", async () => {
    const { open, path } = await setup();
    const many = Array.from({ length: 50 }, (_, index) => hashOf(String(index)));
    const pulses = open();
    for (let at = 1; at <= 8; at += 1) {
      const leaseRoot = hashOf(`another ${at}`);
      pulses.append({ ...evidence(at, many), pulse: { ...evidence(at, []).pulse, leaseRoot } });
    }
    const { size } = await stat(join(path, "pulses.before.jsonl"));
    expect(size).to.be.within(MAX_BYTES, MAX_BYTES + 5_000);
  });

  it("goes on after it could not write", async () => {
    const { open, path, lines } = await setup();
    const pulses = open();
    await rm(path, { recursive: true });
    pulses.append(evidence(1, []));
    await mkdir(path);
    pulses.append(evidence(2, []));
    expect(await lines("pulses.jsonl")).to.have.length(1);
  });

  const cleanups: string[] = [];
  afterEach(async () => {
    for (const path of cleanups.splice(0)) await rm(path, { recursive: true, force: true });
  });

  async function setup() {
    const path = await mkdtemp(join(tmpdir(), "fizz-pulses-"));
    cleanups.push(path);
    const open = () => {
      const pulses = new FilePulses(
        { log: silentLog },
        { dataDir: path, maxPulses: MAX_PULSES, maxBytes: MAX_BYTES },
      );
      pulses.start();
      return pulses;
    };
    const lines = async (name: string) => {
      const text = await readFile(join(path, name), "utf8");
      return text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    return { open, path, lines };
  }

  function evidence(at: number, leaseHashes: readonly Hex[]) {
    const pulse = {
      nodeId: 7n,
      subnetId: 1,
      at,
      leases: leaseHashes.length,
      leaseRoot: leaseTree(leaseHashes).root,
    };
    return { pulse, nodeSignature: "0x01", gatewaySignature: "0x02", leaseHashes } as const;
  }
});
