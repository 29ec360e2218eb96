import { expect } from "chai";
import { followEvents } from "../../cli/src/deployment/follow-events.ts";
import { followLogs } from "../../cli/src/deployment/follow-logs.ts";
import { hashOf } from "../node-agent/support/builders.ts";
import { NODE } from "../node-agent/support/fake-chain.ts";
import { type SessionWorld, sessionWorld } from "../support/session-world.ts";
import { until } from "../support/until.ts";
import { VirtualTime } from "../support/virtual-time.ts";

/** Relay reservations last two hours and are renewed five minutes before: this is past the third renewal. By hand: FIZZ_TEST_IDLE_HOURS=24. */
const HOURS = Number(process.env["FIZZ_TEST_IDLE_HOURS"] ?? "6");
const HOUR_MS = 3_600_000;
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

/** Client, gateway and node are the real ones, on real sockets; their timers run in a time that is put forward. */
describe("streams of a session on which nothing moves for hours", function () {
  this.timeout(600_000);
  const time = new VirtualTime();
  let world: SessionWorld | undefined;
  before(() => {
    time.install();
  });
  after(async () => {
    await world?.stop();
    time.uninstall();
  });

  it(`are the same after ${HOURS} hours: logs, events, a program, a private connection, the node's own link`, async () => {
    world = await sessionWorld((socket) => socket.pipe(socket));
    const { agent, gateway } = world;
    const node = await world.startNode();
    const expiresAt = Math.floor(Date.now() / 1_000) + 6 * 24 * 3_600;
    const session = world.openSession(node.peerId, await world.grant({ expiresAt }));
    const stop = new AbortController();
    const losses: string[] = [];
    const begun = Date.now();
    const onLost = ({ code }: { code: string }): void => {
      losses.push(`${code} after ${((Date.now() - begun) / HOUR_MS).toFixed(3)} h`);
    };
    const texts: string[] = [];
    const query = { follow: true, tail: null, startup: false };
    const logs = collect(followLogs({ session, query, signal: stop.signal, onLost }), ({ text }) =>
      texts.push(text),
    );
    const codes: string[] = [];
    const following = { open: () => Promise.resolve(session), signal: stop.signal, cursor: 0, onLost };
    const events = collect(followEvents({ signal: stop.signal }, following), ({ code }) => codes.push(code));
    const command = { service: "web", replica: 0, command: ["/bin/cat"], terminal: null };
    const program = await session.exec(command, soon());
    const connection = await session.connect({ service: "web", replica: 0, port: 8080 }, soon());
    let received = "";
    connection.addEventListener("message", ({ data }) => {
      received += Buffer.from(data.subarray()).toString();
    });
    const connectedAt = gateway.nodes.require(NODE.nodeId).connectedAt;
    const from = Date.now();

    const ran = await time.forward(HOURS * HOUR_MS);

    expect(Date.now() - from).to.be.at.least(HOURS * HOUR_MS - 1);
    // Pings, heartbeats and signs of life every few seconds: it was no jump.
    expect(ran).to.be.above((HOURS * HOUR_MS) / 5_000);
    expect(losses).to.deep.equal([]);
    const view = gateway.nodes.require(NODE.nodeId);
    expect([view.online, view.stale, view.connectedAt]).to.deep.equal([true, false, connectedAt]);
    const [container] = agent.engine.machine.containers.values();
    container?.lines.push({
      stream: "stdout",
      timestamp: new Date(Date.now()).toISOString(),
      text: "at last",
    });
    agent.journal.append(hashOf("lease"), { code: "container.started", message: "at last" });
    connection.send(Buffer.from("still here"));
    await program.write(Buffer.from("still here"), soon());
    const { value } = await program.output(soon()).next();
    expect(Buffer.from((value as { bytes: Uint8Array }).bytes).toString()).to.equal("still here");
    await until(() => Promise.resolve(received === "still here"), "the connection carries", 60_000);
    await until(() => Promise.resolve(texts.includes("at last")), "the line has come", 60_000);
    await until(() => Promise.resolve(codes.at(-1) === "container.started"), "the event has come", 60_000);
    expect(losses).to.deep.equal([]);
    stop.abort();
    await Promise.all([logs, events]);
  });
});

async function collect<Item>(
  items: AsyncGenerator<Item, void, void>,
  each: (item: Item) => unknown,
): Promise<void> {
  try {
    for await (const item of items) each(item);
  } catch {
    // The test has stopped following.
  }
}
