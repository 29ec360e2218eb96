import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { type Hex } from "viem";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { type ContainerSpec } from "../../node-agent/src/domain/workload.ts";
import { type ExecSession } from "../../node-agent/src/exec-ports.ts";
import { type OutputQuery } from "../../node-agent/src/ports.ts";
import { type ContainerUsage } from "../../node-agent/src/domain/usage.ts";
import { containerSpec } from "../node-agent/support/builders.ts";
import { codeOf } from "../support/code-of.ts";
import { until } from "../support/until.ts";
import { testAlike } from "./engine-alike.ts";
import { type EngineAbility, type EnginePair, testConfinement } from "./engine-confinement.ts";
import { testResize } from "./engine-resize.ts";

const TIMEOUT_MS = 30_000;
const signal = (): AbortSignal => AbortSignal.timeout(TIMEOUT_MS);
const randomHash = (): Hex => `0x${randomBytes(32).toString("hex")}`;

/** What every adapter of the Engine port must do, but for what it lacks; the fake of the unit tests as well as the real ones. */
export function testEngine(pair: () => EnginePair, lacks: readonly EngineAbility[] = []): void {
  const leases: Hex[] = [];

  afterEach(async () => {
    // Nothing was made, perhaps because there is no engine.
    if (leases.length === 0) return;
    for (const engine of [pair().own, pair().other]) {
      for (const { id, leaseHash } of await engine.observe(signal()))
        if (leases.includes(leaseHash)) await engine.remove(id, signal());
      for (const leaseHash of leases) await engine.removeLease(leaseHash, signal());
    }
    leases.length = 0;
  });

  it("says what it is", async () => {
    const facts = await pair().own.facts(signal());
    expect(facts.cpus).to.be.greaterThan(0);
    expect(facts.memoryBytes).to.be.greaterThan(0);
  });

  it("gives back what it was told when it created a container", async () => {
    const { spec, find } = await created("echo up; sleep 1000", { version: 3, replica: 2 });
    const container = await find();
    expect(container).to.deep.include({
      leaseHash: spec.leaseHash,
      lid: spec.lid,
      service: "web",
      replica: 2,
      version: 3,
      image: spec.image,
      state: "created",
      address: null,
    });
  });

  it("creates once, however often it is asked", async () => {
    const { spec, digest } = await created("sleep 1000");
    await pair().own.create(spec, digest, signal());
    const all = await pair().own.observe(signal());
    expect(all.filter(({ leaseHash }) => leaseHash === spec.leaseHash)).to.have.length(1);
  });

  it("creates one for each lease, also where their specs are the same", async () => {
    const { spec, digest } = await created("sleep 1000");
    const leaseHash = newLease();
    await pair().own.create({ ...spec, leaseHash }, digest, signal());
    const all = await pair().own.observe(signal());
    expect(all.filter((container) => container.leaseHash === leaseHash)).to.have.length(1);
  });

  it("starts a container, which then has an address and a start time", async () => {
    const { find, start } = await created("echo up; sleep 1000");
    await start();
    const running = await find();
    expect(running.state).to.equal("running");
    expect(running.address).to.match(/^\d+\.\d+\.\d+\.\d+$/);
    expect(running.startedAt).to.be.greaterThan(Date.now() - TIMEOUT_MS);
    await start();
    expect((await find()).startedAt).to.equal(running.startedAt);
  });

  it("shows only the containers of its own node", async () => {
    const { spec } = await created("sleep 1000");
    const others = await pair().other.observe(signal());
    expect(others.filter(({ leaseHash }) => leaseHash === spec.leaseHash)).to.deep.equal([]);
  });

  it("tells how a container ended, and starts it again", async () => {
    const { find, start } = await created("echo once; exit 3");
    await start();
    await until(async () => (await find()).state === "exited", "the container exits", TIMEOUT_MS);
    const first = await find();
    expect(first).to.deep.include({ exitCode: 3, outOfMemory: false, address: null });
    expect(first.finishedAt).to.be.greaterThan(0);
    await start();
    await until(async () => (await find()).finishedAt !== first.finishedAt, "it exits again", TIMEOUT_MS);
    expect((await find()).exitCode).to.equal(3);
  });

  it("stops and removes, and takes a container that is gone for stopped and removed", async () => {
    const { find, start, spec } = await created("trap 'exit 0' TERM; sleep 1000");
    await start();
    const { id } = await find();
    await pair().own.stop(id, 1, signal());
    expect((await find()).state).to.equal("exited");
    await pair().own.stop(id, 1, signal());
    await pair().own.remove(id, signal());
    await pair().own.remove(id, signal());
    await pair().own.stop(id, 1, signal());
    await pair().own.removeLease(spec.leaseHash, signal());
    await pair().own.removeLease(spec.leaseHash, signal());
    const all = await pair().own.observe(signal());
    expect(all.filter(({ leaseHash }) => leaseHash === spec.leaseHash)).to.deep.equal([]);
  });

  it("gives the output in order, its tail, and what comes after a time", async () => {
    const { find, start } = await created("echo one; echo two; echo three; exit 0");
    await start();
    await until(async () => (await find()).state === "exited", "the container exits", TIMEOUT_MS);
    const { id } = await find();
    const all = await read(id, { follow: false, tail: null });
    expect(all.map(({ text }) => text)).to.deep.equal(["one", "two", "three"]);
    expect(all.map(({ stream }) => stream)).to.deep.equal(["stdout", "stdout", "stdout"]);
    expect((await read(id, { follow: false, tail: 1 })).map(({ text }) => text)).to.deep.equal(["three"]);
    expect(await read(id, { follow: false, tail: 0 })).to.deep.equal([]);
    const since = sinceOf(all[1]?.timestamp ?? "");
    const later = await read(id, { follow: false, tail: null, since });
    expect(later.map(({ text }) => text)).to.deep.equal(["two", "three"]);
  });

  it("follows the output until the container ends", async () => {
    const { find, start } = await created("echo one; sleep 1; echo two; exit 0");
    await start();
    const lines = await read((await find()).id, { follow: true, tail: null });
    expect(lines.map(({ text }) => text)).to.deep.equal(["one", "two"]);
  });

  it("stops following when it is told to", async () => {
    const { find, start } = await created("echo one; sleep 1000");
    await start();
    const stop = new AbortController();
    const texts: string[] = [];
    for await (const { text } of pair().own.output(
      (await find()).id,
      { follow: true, tail: null },
      stop.signal,
    )) {
      texts.push(text);
      stop.abort();
    }
    expect(texts).to.deep.equal(["one"]);
  });

  it("gives no output of a container that is gone", async () => {
    expect(await read("0".repeat(64), { follow: false, tail: null })).to.deep.equal([]);
  });

  it("runs a program in a container, keeps its outputs apart, and tells its exit code", async () => {
    const { find, start } = await created("sleep 1000");
    await start();
    const script = "echo out; echo err >&2; exit 3";
    const program = { command: ["/bin/sh", "-c", script], terminal: null };
    const session = await pair().own.exec((await find()).id, program, signal());
    expect(await allOf(session)).to.deep.equal({ stdout: "out\n", stderr: "err\n", exitCode: 3 });
  });

  it("gives a program its input, and its end", async () => {
    const { find, start } = await created("sleep 1000");
    await start();
    const session = await pair().own.exec(
      (await find()).id,
      { command: ["/bin/cat"], terminal: null },
      signal(),
    );
    await session.write(Buffer.from("one "));
    await session.write(Buffer.from("two"));
    session.endInput();
    expect(await allOf(session)).to.deep.equal({ stdout: "one two", stderr: "", exitCode: 0 });
  });

  it("gives a program a terminal, which has one output", async () => {
    const { find, start } = await created("sleep 1000");
    await start();
    const terminal = { columns: 100, rows: 30 };
    const command = ["/bin/sh", "-c", "echo out; echo err >&2"];
    const session = await pair().own.exec((await find()).id, { command, terminal }, signal());
    await session.resize({ columns: 90, rows: 20 });
    expect(await allOf(session)).to.deep.equal({ stdout: "out\r\nerr\r\n", stderr: "", exitCode: 0 });
  });

  it("says that a program is not there as a shell does, and runs none in a container that does not run", async () => {
    const { find, start } = await created("sleep 1000");
    const run = async (...command: string[]): Promise<{ exitCode: number | null }> =>
      await allOf(await pair().own.exec((await find()).id, { command, terminal: null }, signal()));
    expect(await codeOf(run("/bin/sh", "-c", "exit 0"))).to.equal("EXEC_FAILED");
    await start();
    expect((await run("/no/such/program")).exitCode).to.be.oneOf([126, 127]);
    expect((await run("/bin/sh", "-c", "exit 0")).exitCode).to.equal(0);
  });

  it("reads what a running container uses, and nothing of one that does not run or is gone", async () => {
    const { find, start } = await created("sleep 1000");
    const { id } = await find();
    expect(await readings(id, 1)).to.deep.equal([]);
    expect(await readings("0".repeat(64), 1)).to.deep.equal([]);
    await start();
    const [first, second] = await readings(id, 2);
    expect(second?.at).to.be.greaterThan(first?.at ?? Infinity);
    expect(second?.cpuNanos).to.be.at.least(first?.cpuNanos ?? Infinity);
    expect(second?.memoryBytes)
      .to.be.greaterThan(0)
      .and.to.be.lessThan(32 * 1024 * 1024);
    expect(second?.pids).to.be.greaterThan(0);
  });

  it("ends its readings with the container, and when it is told to", async () => {
    const { find, start } = await created("sleep 2; exit 0");
    await start();
    const { id } = await find();
    expect((await readings(id, 100)).length).to.be.greaterThan(0);
    await until(async () => (await find()).state === "exited", "the container exits", TIMEOUT_MS);
    await start();
    const stop = new AbortController();
    for await (const { pids } of pair().own.usage(id, stop.signal)) {
      expect(pids).to.be.greaterThan(0);
      stop.abort();
    }
  });

  testConfinement({ pair, created, lacks });
  testResize({ pair, created, lacks });
  testAlike({ pair, newLease, lacks });

  it("reports changes, and ends its watch when told to", async () => {
    const stop = new AbortController();
    let changes = 0;
    const watching = pair().own.watch(() => (changes += 1), stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { start } = await created("exit 0");
    await start();
    await until(() => Promise.resolve(changes > 0), "a change is reported", TIMEOUT_MS);
    stop.abort();
    await watching;
  });

  it("says for good that an image is missing that must not be pulled", async () => {
    const spec = containerSpec({ image: "fizz/no-such-image:1", pullPolicy: "Never" });
    let retryable: boolean | undefined;
    const pull = pair()
      .own.provideImage(spec, () => undefined, signal())
      .catch((error: unknown) => {
        retryable = (error as { retryable: boolean }).retryable;
        throw error;
      });
    expect(await codeOf(pull)).to.equal("IMAGE_PULL_FAILED");
    expect(retryable).to.equal(false);
  });

  it("takes an image that is there without a pull, and tells the ports that it names", async () => {
    const spec = containerSpec({ pullPolicy: "Never" });
    const { ports } = await pair().own.provideImage(spec, () => undefined, signal());
    expect(ports).to.deep.equal(["8080/tcp"]);
  });

  function newLease(): Hex {
    const leaseHash = randomHash();
    leases.push(leaseHash);
    return leaseHash;
  }

  async function created(script: string, changes: Partial<ContainerSpec> = {}) {
    const leaseHash = newLease();
    const spec = containerSpec({ leaseHash, command: ["/bin/sh", "-c", script], ...changes });
    const digest = randomBytes(32).toString("hex");
    await pair().own.create(spec, digest, signal());
    const find = async (): Promise<ObservedContainer> => {
      const all = await pair().own.observe(signal());
      const found = all.find((container) => container.digest === digest);
      if (found === undefined) throw new Error("the container is not there");
      return found;
    };
    const start = async (): Promise<void> => {
      await pair().own.start((await find()).id, signal());
    };
    return { spec, digest, find, start };
  }

  async function allOf(session: ExecSession) {
    const all = { stdout: "", stderr: "" };
    for await (const { stream, bytes } of session.output) all[stream] += Buffer.from(bytes).toString();
    const exitCode = await session.exitCode();
    session.close();
    return { ...all, exitCode };
  }

  async function readings(id: string, most: number): Promise<ContainerUsage[]> {
    const seen: ContainerUsage[] = [];
    for await (const usage of pair().own.usage(id, signal())) {
      seen.push(usage);
      if (seen.length >= most) break;
    }
    return seen;
  }

  async function read(id: string, query: OutputQuery) {
    const lines = [];
    for await (const line of pair().own.output(id, query, signal())) lines.push(line);
    return lines;
  }
}

function sinceOf(timestamp: string): string {
  return `${Math.floor(Date.parse(timestamp) / 1_000)}.${/\.(\d{9})/.exec(timestamp)?.[1] ?? "0"}`;
}
