import { expect } from "chai";
import { Readable } from "node:stream";
import { readUsage, usageOf } from "../../../node-agent/src/containers/usage.ts";
import { codeOf } from "../../support/code-of.ts";

const READ = "2026-11-30T15:53:55.605318123Z";

/** As Docker 20.10 answers on a host with cgroup v1, without what is not looked at. */
const V1 = {
  read: READ,
  preread: "0001-01-01T00:00:00Z",
  pids_stats: { current: 3 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 8, minor: 0, op: "Read", value: 4_096 },
      { major: 8, minor: 0, op: "Write", value: 100 },
      { major: 8, minor: 0, op: "Sync", value: 4_196 },
      { major: 8, minor: 0, op: "Total", value: 4_196 },
      { major: 8, minor: 16, op: "Write", value: 11 },
    ],
    io_serviced_recursive: [],
  },
  num_procs: 0,
  storage_stats: {},
  cpu_stats: { cpu_usage: { total_usage: 23_349_476, percpu_usage: [1, 2] }, online_cpus: 2 },
  memory_stats: {
    usage: 540_672,
    max_usage: 4_087_808,
    stats: { inactive_file: 7, total_inactive_file: 40_672, total_rss: 57_344 },
    limit: 33_554_432,
  },
  networks: {
    eth0: { rx_bytes: 796, rx_packets: 10, tx_bytes: 20, tx_packets: 1 },
    eth1: { rx_bytes: 4, rx_packets: 1, tx_bytes: 2, tx_packets: 1 },
  },
  name: "/web",
};

/** As Docker 24 answers on a host with cgroup v2: names in lower case, nothing where a controller is missing. */
const V2 = {
  read: READ,
  pids_stats: { current: 3, limit: 1_024 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 259, minor: 0, op: "read", value: 4_096 },
      { major: 259, minor: 0, op: "write", value: 111 },
    ],
    io_serviced_recursive: null,
  },
  cpu_stats: { cpu_usage: { total_usage: 23_349_000, usage_in_kernelmode: 1 }, online_cpus: 2 },
  memory_stats: { usage: 540_672, stats: { anon: 1, file: 2, inactive_file: 40_672 }, limit: 33_554_432 },
  networks: { eth0: { rx_bytes: 800, tx_bytes: 22 } },
};

const USED = { memoryBytes: 500_000, receivedBytes: 800, sentBytes: 22, readBytes: 4_096, writtenBytes: 111 };

describe("usageOf", () => {
  it("reads what a host with cgroup v1 says, and one with v2", () => {
    const at = Date.parse(READ);
    expect(usageOf(V1)).to.deep.equal({ ...USED, at, cpuNanos: 23_349_476, pids: 3 });
    expect(usageOf(V2)).to.deep.equal({ ...USED, at, cpuNanos: 23_349_000, pids: 3 });
  });

  it("takes what is missing or null for nothing", () => {
    const bare = { read: READ, cpu_stats: { cpu_usage: { total_usage: 5 } }, networks: null };
    const empty = {
      ...bare,
      memory_stats: {},
      pids_stats: {},
      blkio_stats: { io_service_bytes_recursive: null },
    };
    for (const raw of [bare, empty])
      expect(usageOf(raw)).to.deep.include({ cpuNanos: 5, memoryBytes: 0, receivedBytes: 0, pids: 0 });
  });

  it("never makes memory negative: cache that is dropped in between counts as dropped", () => {
    expect(
      usageOf({ ...V2, memory_stats: { usage: 10, stats: { inactive_file: 20 } } })?.memoryBytes,
    ).to.equal(0);
  });

  it("knows a container that does not run by its date, and refuses what is no reading", async () => {
    expect(usageOf({ ...V1, read: "0001-01-01T00:00:00Z" })).to.equal(undefined);
    expect(await codeOf(Promise.resolve().then(() => usageOf({ message: "no" })))).to.equal("ENGINE_FAILED");
  });
});

describe("readUsage", () => {
  it("puts readings together that come in pieces, and ends with the container", async () => {
    const lines = [V1, { ...V1, pids_stats: { current: 4 } }, { ...V1, read: "0001-01-01T00:00:00Z" }, V1];
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const chunks = [];
    for (let at = 0; at < bytes.length; at += 97) chunks.push(bytes.subarray(at, at + 97));
    const pids = [];
    for await (const usage of readUsage(Readable.from(chunks), new AbortController().signal))
      pids.push(usage.pids);
    expect(pids).to.deep.equal([3, 4]);
  });

  it("refuses a line without end", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, "x");
      })(),
    );
    const reading = readUsage(endless, new AbortController().signal).next();
    expect(await codeOf(reading)).to.equal("ENGINE_FAILED");
  });
});
