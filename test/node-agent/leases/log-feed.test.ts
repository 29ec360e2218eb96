import { type LogLine, type LogsQuery, MAX_LOG_TEXT } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { LineChannel, MAX_WAITING_LINES } from "../../../node-agent/src/leases/line-channel.ts";
import { logFeed } from "../../../node-agent/src/leases/log-feed.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { until } from "../../support/until.ts";
import { containerSpec } from "../support/builders.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeMachine } from "../support/fake-machine.ts";

const ALL = { follow: false, tail: null, startup: false } as const;

describe("logFeed", () => {
  it("merges the containers by time", async () => {
    const { read } = await setup({
      a: "echo a1; sleep 0.05; echo a2; exit 0",
      b: "sleep 0.02; echo b1; sleep 0.06; echo b2; exit 0",
    });
    expect(await read(ALL)).to.deep.equal(["a1", "b1", "a2", "b2"]);
  });

  it("shows one service, and the tail of each container", async () => {
    const { read } = await setup({ a: "echo a1; echo a2; exit 0", b: "echo b1; echo b2; exit 0" });
    expect(await read({ ...ALL, service: "b" })).to.deep.equal(["b1", "b2"]);
    expect((await read({ ...ALL, tail: 1 })).sort()).to.deep.equal(["a2", "b2"]);
    expect(await read({ ...ALL, tail: 0 })).to.deep.equal([]);
  });

  it("shows one replica, and what is newer than a time", async () => {
    const { read, add } = await setup({ a: "echo a1; exit 0" });
    await add("a", "echo a2; exit 0", 1);
    await clock.sleep(100, new AbortController().signal);
    expect(await read({ ...ALL, replica: 1 })).to.deep.equal(["a2"]);
    expect(await read({ ...ALL, since: Date.now() + 1_000 })).to.deep.equal([]);
    expect(await read({ ...ALL, since: Date.now() - 60_000 })).to.deep.equal(["a1", "a2"]);
  });

  it("searches in whatever case, and counts the tail in lines that match", async () => {
    const { read } = await setup({
      a: "echo Error 1; echo fine; echo an ERROR 2; echo error 3; echo fine; exit 0",
      b: "echo fine; exit 0",
    });
    const search = "error";
    expect(await read({ ...ALL, search })).to.deep.equal(["Error 1", "an ERROR 2", "error 3"]);
    expect(await read({ ...ALL, search, tail: 2 })).to.deep.equal(["an ERROR 2", "error 3"]);
    expect(await read({ ...ALL, search, tail: 0 })).to.deep.equal([]);
    expect(await read({ ...ALL, search: "(" })).to.deep.equal([]);
  });

  it("searches in what comes, and shows nothing of before twice", async () => {
    const { follow, machine } = await setup({
      a: "echo one x; echo two; sleep 0.4; echo three; echo four X; exit 0",
    });
    const { texts, stop } = follow({ search: "x" });
    await until(() => Promise.resolve(texts.length >= 2), "what was there and what comes", 30_000);
    await clock.sleep(100, new AbortController().signal);
    expect(texts).to.deep.equal(["one x", "four X"]);
    await stop();
    machine.stop();
  });

  it("cuts a long line into pieces", async () => {
    const { read } = await setup({ a: `echo ${"x".repeat(MAX_LOG_TEXT + 5)}; exit 0` });
    expect((await read(ALL)).map(({ length }) => length)).to.deep.equal([MAX_LOG_TEXT, 5]);
  });

  it("follows through a restart, and shows nothing twice", async () => {
    const { engine, machine, follow } = await setup({ a: "echo tick; sleep 0.2; exit 1" });
    const { texts, stop } = follow();
    await until(() => Promise.resolve(texts.length === 1), "the first run", 30_000);
    const find = async () => (await engine.observe())[0];
    await until(async () => (await find())?.state === "exited", "the end of the first run", 30_000);
    await engine.start((await find())?.id ?? "");
    await until(() => Promise.resolve(texts.length === 2), "the second run", 30_000);
    await clock.sleep(300, new AbortController().signal);
    expect(texts).to.deep.equal(["tick", "tick"]);
    await stop();
    machine.stop();
  });

  it("follows containers that come later", async () => {
    const { add, follow } = await setup({ a: "echo a1; exit 0" });
    const { texts, stop } = follow();
    await until(() => Promise.resolve(texts.length === 1), "the first container", 30_000);
    await add("b", "echo b1; sleep 3; exit 0");
    await until(() => Promise.resolve(texts.includes("b1")), "the second container", 30_000);
    await stop();
  });

  const machines: FakeMachine[] = [];
  after(() => {
    for (const machine of machines) machine.stop();
  });

  async function setup(scripts: Record<string, string>) {
    const machine = new FakeMachine();
    machines.push(machine);
    const engine = new FakeEngine(machine, "node");
    let containers: ObservedContainer[] = [];
    const refresh = async (): Promise<void> => {
      containers = await engine.observe();
    };
    machine.listeners.add(() => void refresh());
    const add = async (service: string, script: string, replica = 0): Promise<void> => {
      const digest = `${service}-${replica}`;
      await engine.create(containerSpec({ service, replica, command: ["sh", "-c", script] }), digest);
      const found = (await engine.observe()).find((container) => container.digest === digest);
      await engine.start(found?.id ?? "");
    };
    await Promise.all(Object.entries(scripts).map(([service, script]) => add(service, script)));
    await clock.sleep(150, new AbortController().signal);
    await refresh();
    const components = { engine, clock, containers: () => containers };
    const read = async (query: Parameters<typeof logFeed>[1]): Promise<string[]> => {
      const texts: string[] = [];
      for await (const batch of logFeed(components, query, new AbortController().signal))
        texts.push(...batch.map(({ text }) => text));
      return texts;
    };
    const follow = (changes: Partial<LogsQuery> = {}) => {
      const stop = new AbortController();
      const texts: string[] = [];
      const reading = (async () => {
        for await (const batch of logFeed(components, { ...ALL, follow: true, ...changes }, stop.signal))
          texts.push(...batch.map(({ text }) => text));
      })();
      return {
        texts,
        stop: async () => {
          stop.abort();
          await reading;
        },
      };
    };
    return { engine, machine, add, read, follow };
  }
});

describe("LineChannel", () => {
  it(`holds producers up at ${MAX_WAITING_LINES} lines until somebody reads`, async () => {
    const stop = new AbortController();
    const channel = new LineChannel(stop.signal);
    const line: LogLine = {
      service: "web",
      replica: 0,
      stream: "stdout",
      at: 0,
      text: "x",
      cursor: "c/stdout@0.0.0",
    };
    let pushed = 0;
    const producing = (async () => {
      for (; pushed < MAX_WAITING_LINES + 500; pushed += 1) await channel.push(line);
    })();
    await clock.sleep(50, stop.signal);
    expect(pushed).to.equal(MAX_WAITING_LINES - 1);
    let read = 0;
    for await (const batch of channel.batches()) {
      read += batch.length;
      if (read >= MAX_WAITING_LINES + 500) stop.abort();
    }
    await producing;
    expect(read).to.equal(MAX_WAITING_LINES + 500);
  });
});
