import { once } from "node:events";
import { Agent, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { eventually } from "../support/builders.ts";
import { type RoutedWorld, startRoutedWorld } from "../support/routed-world.ts";

describe("a drain of routed doors", () => {
  const running: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("answers what was asked over HTTP/1.1, and ends the connections that kept alive", async () => {
    const { world, waiting, isOver } = await setup();
    const agent = new Agent({ keepAlive: true });
    running.push(() => {
      agent.destroy();
    });
    const idle = await open(world.port);
    idle.write(`GET /now HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`);
    await once(idle, "data");
    const asked = once(
      request({ port: world.port, headers: { host: world.host }, agent, path: "/later" }).end(),
      "response",
    ) as Promise<[IncomingMessage]>;
    await eventually(() => waiting.length === 1);
    world.gateway.drain.begin(60_000);
    await once(idle, "close");
    expect(await isRefused(world.port)).to.equal(true);
    expect(isOver()).to.equal(false);
    waiting[0]?.end("late");
    const [answer] = await asked;
    expect(answer.statusCode).to.equal(200);
    answer.resume();
    await once(answer, "end");
    await eventually(isOver);
  });

  it("answers what was asked over HTTP/2, and ends the session with the last answer", async () => {
    const { world, waiting, isOver } = await setup();
    const { host, httpsPort } = world;
    const session = connectHttp2(`https://127.0.0.1:${httpsPort}`, {
      rejectUnauthorized: false,
      servername: host,
    });
    running.push(() => {
      session.destroy();
    });
    const ended = once(session, "close");
    const asked = session.request({ ":authority": `${host}:${httpsPort}`, ":path": "/later" });
    await eventually(() => waiting.length === 1);
    world.gateway.drain.begin(60_000);
    expect(await isRefused(world.httpsPort)).to.equal(true);
    expect(isOver()).to.equal(false);
    waiting[0]?.end("late");
    let body = "";
    asked.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    await once(asked, "end");
    expect(body).to.equal("late");
    await ended;
    await eventually(isOver);
  });

  /** A service that answers `/later` when it is told to. */
  async function setup(): Promise<{ world: RoutedWorld; waiting: ServerResponse[]; isOver: () => boolean }> {
    const waiting: ServerResponse[] = [];
    const folder = await createTempDir("drain-test");
    running.push(() => folder.stop());
    const world = await startRoutedWorld({
      origins: [
        (asked, answer) => {
          if (asked.url === "/later") waiting.push(answer);
          else answer.end("now");
        },
      ],
      routing: { https: { port: 0, folder: folder.path, given: undefined } },
    });
    running.push(() => world.stop());
    let over = false;
    void world.gateway.drain.over.then(() => (over = true));
    return { world, waiting, isOver: () => over };
  }

  async function open(port: number): Promise<Socket> {
    const socket = connect(port, "127.0.0.1");
    running.push(() => {
      socket.destroy();
    });
    await once(socket, "connect");
    return socket;
  }

  async function isRefused(port: number): Promise<boolean> {
    try {
      await open(port);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
    }
  }
});
