import { setTimeout as delay } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { MAX_LOG_TEXT } from "@fizz/protocol/messages";
import { expect } from "chai";
import { followEvents } from "../../cli/src/deployment/follow-events.ts";
import { followLogs } from "../../cli/src/deployment/follow-logs.ts";
import { type OutputLine } from "../../node-agent/src/ports.ts";
import { SqliteJournal } from "../../node-agent/src/store/sqlite-journal.ts";
import { systemClock as clock } from "../../node-agent/src/system-clock.ts";
import { silentLog } from "../node-agent/support/silent-log.ts";
import { StateFolder } from "../node-agent/support/state.ts";
import { LEASE, type SessionNode, type SessionWorld, sessionWorld } from "../support/session-world.ts";
import { until } from "../support/until.ts";

const SEEDS = [1, 2, 3];
const CUTS = 6;

/** Mulberry32: the same seed gives the same test. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("a follower of logs and events whose way is cut at random", function () {
  this.timeout(180_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  for (const seed of SEEDS)
    it(`gets each line and each event once, in order (seed ${seed})`, async () => {
      const random = randomOf(seed);
      const { world, journal, cutSomething } = await setup(random);
      const node = await world.startNode();
      const session = world.openSession(node.peerId, await world.grant());
      const stop = new AbortController();
      const { signal } = stop;
      const lines: { stream: string; text: string }[] = [];
      const events: number[] = [];
      let losses = 0;
      const onLost = (): void => {
        losses += 1;
      };
      const query = { follow: true, tail: null, startup: false };
      const reading = Promise.allSettled([
        (async () => {
          for await (const { stream, text } of followLogs({ session, query, signal, onLost }))
            lines.push({ stream, text });
        })(),
        (async () => {
          const open = () => Promise.resolve(session);
          for await (const { data } of followEvents({ signal }, { open, signal, cursor: 0, onLost }))
            if (typeof data?.["number"] === "number") events.push(data["number"]);
        })(),
      ]);
      await until(() => Promise.resolve(world.live.count() === 2), "both follow", 10_000);
      const written = { stdout: [] as string[], stderr: [] as string[], events: 0 };
      const enough = new AbortController();
      const writing = (async () => {
        while (!enough.signal.aborted) {
          writeSome(world, random, written);
          for (let count = Math.floor(random() * 3); count > 0; count -= 1) {
            written.events += 1;
            const data = { number: written.events };
            (await journal()).append(LEASE, { code: "container.started", message: "again", data });
          }
          await delay(2 + random() * 20);
        }
      })();
      let current = node;
      for (let cut = 0; cut < CUTS; cut += 1) {
        await delay(100 + random() * 700);
        current = await cutSomething(current);
      }
      await delay(300);
      enough.abort();
      await writing;
      const joined = (stream: "stdout" | "stderr"): string =>
        lines
          .filter((line) => line.stream === stream)
          .map(({ text }) => text)
          .join("|");
      const whole = (stream: "stdout" | "stderr"): string => written[stream].flatMap(piecesOf).join("|");
      await until(
        () =>
          Promise.resolve(
            joined("stdout").length >= whole("stdout").length &&
              joined("stderr").length >= whole("stderr").length &&
              events.length >= written.events,
          ),
        "everything has come",
        60_000,
      ).catch(() => undefined);
      await delay(1_500);
      stop.abort();
      await reading;
      expect(losses, "nothing was cut").to.be.greaterThan(0);
      expect(events).to.deep.equal(Array.from({ length: written.events }, (_, index) => index + 1));
      for (const stream of ["stdout", "stderr"] as const) expect(joined(stream)).to.equal(whole(stream));
    });

  it("without a tail begins where it began, also when it was cut before the first line", async () => {
    const { world } = await setup(randomOf(1));
    const node = await world.startNode();
    const session = world.openSession(node.peerId, await world.grant());
    const write = (text: string): void => {
      container(world).lines.push(lineOf(BigInt(Date.now()) * 1_000_000n, "stdout", text));
    };
    write("before");
    const stop = new AbortController();
    const { signal } = stop;
    const texts: string[] = [];
    const lost: ProtocolError[] = [];
    const query = { follow: true, tail: 0, startup: false };
    const reading = (async () => {
      const onLost = (error: ProtocolError): void => {
        lost.push(error);
      };
      for await (const { text } of followLogs({ session, query, signal, onLost })) texts.push(text);
    })().catch(() => undefined);
    await until(() => Promise.resolve(world.live.count() === 1), "it follows", 10_000);
    await delay(500);
    cutClient(world, node);
    write("while it was away");
    await until(() => Promise.resolve(texts.length === 1), "the line has come", 20_000);
    write("after");
    await until(() => Promise.resolve(texts.length === 2), "the next has come", 20_000);
    stop.abort();
    await reading;
    expect(lost).to.have.length(1);
    expect(texts).to.deep.equal(["while it was away", "after"]);
  });

  async function setup(random: () => number) {
    const folder = await StateFolder.make();
    running.push(() => folder.remove());
    const open = async (): Promise<SqliteJournal> => {
      const opened = new SqliteJournal({ database: await folder.reopen(), clock, log: silentLog });
      opened.start();
      return opened;
    };
    let opening = open();
    let journal = await opening;
    const world = await sessionWorld(() => undefined, { journal: () => journal });
    running.push(() => world.stop());
    const startAgain = async (): Promise<SessionNode> => {
      for (;;) {
        const node = await world.startNode().catch(() => undefined);
        if (node !== undefined) return node;
        await delay(100);
      }
    };
    const ways: readonly ((node: SessionNode) => Promise<SessionNode>)[] = [
      async (node) => {
        cutClient(world, node);
        return await Promise.resolve(node);
      },
      async (node) => {
        await node.stop();
        opening = open();
        journal = await opening;
        return await startAgain();
      },
      async (node) => {
        await world.restartGateway();
        await node.stop();
        return await startAgain();
      },
      async (node) => {
        const { engine } = world.agent;
        const [{ id } = { id: "" }] = await engine.observe();
        await engine.stop(id);
        await delay(50 + random() * 200);
        await engine.start(id);
        return node;
      },
    ];
    const cutSomething = async (node: SessionNode): Promise<SessionNode> =>
      (await ways[Math.floor(random() * ways.length)]?.(node)) ?? node;
    return { world, journal: () => opening, cutSomething };
  }
});

/** The relay loses the client's connection. */
function cutClient(world: SessionWorld, node: SessionNode): void {
  for (const connection of world.gateway.host.getConnections())
    if (connection.remotePeer.toString() !== node.peerId)
      connection.abort(new ProtocolError("STREAM_CLOSED", "cut"));
}

function container(world: SessionWorld) {
  const [found] = world.agent.engine.machine.containers.values();
  if (found === undefined) throw new Error("there is no container");
  return found;
}

/** Lines of both outputs; some have the very same time, some are long. */
function writeSome(
  world: SessionWorld,
  random: () => number,
  written: { stdout: string[]; stderr: string[] },
): void {
  let time = BigInt(Date.now()) * 1_000_000n;
  for (let count = Math.floor(random() * 6); count > 0; count -= 1) {
    const stream = random() < 0.3 ? "stderr" : "stdout";
    const number = `${stream} ${written[stream].length}`;
    const text = random() < 0.02 ? number.padEnd(2 * MAX_LOG_TEXT + 10, ".") : number;
    written[stream].push(text);
    container(world).lines.push(lineOf(time, stream, text));
    if (random() < 0.5) time += 1n;
  }
}

function lineOf(time: bigint, stream: OutputLine["stream"], text: string): OutputLine {
  const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
  return { stream, timestamp: `${seconds}.${(time % 1_000_000_000n).toString().padStart(9, "0")}Z`, text };
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += MAX_LOG_TEXT)
    pieces.push(text.slice(at, at + MAX_LOG_TEXT));
  return pieces;
}
