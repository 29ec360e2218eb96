import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { followLogs } from "../../cli/src/deployment/follow-logs.ts";
import { type SessionWorld, sessionWorld } from "../support/session-world.ts";
import { until } from "../support/until.ts";

/** By hand: FIZZ_TEST_IDLE_SECONDS=150 is longer than every silence after which a socket on the way is closed (120 s). */
const IDLE_SECONDS = Number(process.env["FIZZ_TEST_IDLE_SECONDS"] ?? "1");
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe("streams of a session on which nothing moves", function () {
  this.timeout(60_000 + IDLE_SECONDS * 1_000);
  let world: SessionWorld;
  afterEach(() => world.stop());

  it(`are there after ${IDLE_SECONDS} s: logs, a program, a private connection`, async () => {
    world = await sessionWorld((socket) => socket.pipe(socket));
    const node = await world.startNode();
    const session = world.openSession(node.peerId, await world.grant());
    const stop = new AbortController();
    const losses: string[] = [];
    const texts: string[] = [];
    const query = { follow: true, tail: null, startup: false };
    const onLost = ({ code }: { code: string }): void => {
      losses.push(code);
    };
    const following = (async () => {
      for await (const { text } of followLogs({ session, query, signal: stop.signal, onLost }))
        texts.push(text);
    })().catch(() => undefined);
    const command = { service: "web", replica: 0, command: ["/bin/cat"], terminal: null };
    const program = await session.exec(command, soon());
    const connection = await session.connect({ service: "web", replica: 0, port: 8080 }, soon());
    let received = "";
    connection.addEventListener("message", ({ data }) => {
      received += Buffer.from(data.subarray()).toString();
    });
    await delay(IDLE_SECONDS * 1_000);

    const [container] = world.agent.engine.machine.containers.values();
    container?.lines.push({ stream: "stdout", timestamp: new Date().toISOString(), text: "at last" });
    connection.send(Buffer.from("still here"));
    await program.write(Buffer.from("still here"), soon());
    const { value } = await program.output(soon()).next();
    expect(Buffer.from((value as { bytes: Uint8Array }).bytes).toString()).to.equal("still here");
    await until(() => Promise.resolve(received === "still here"), "the connection carries", 10_000);
    await until(() => Promise.resolve(texts.includes("at last")), "the line has come", 10_000);
    expect(losses).to.deep.equal([]);
    stop.abort();
    await following;
  });
});
