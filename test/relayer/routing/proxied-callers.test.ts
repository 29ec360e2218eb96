import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect } from "chai";
import { encodeProxyHeader } from "../../../relayer/src/domain/proxy-protocol.ts";
import { eventually } from "../support/builders.ts";
import { type RoutedWorld, type RoutedWorldInit, startRoutedWorld } from "../support/routed-world.ts";

const LOOPBACK = [{ address: "127.0.0.0", prefix: 8 }];
const CALLER = {
  source: { address: "203.0.113.9", port: 4_321 },
  destination: { address: "198.51.100.1", port: 443 },
};
const CALLER_6 = {
  source: { address: "2001:db8::9", port: 4_321 },
  destination: { address: "2001:db8::1", port: 443 },
};
/** Tells who called, as the gateway tells it. */
const who: RequestListener = ({ headers }, response) => {
  response.end(`${String(headers["x-forwarded-for"])} ${String(headers["forwarded"])}`);
};

describe("a balancer in front of the routed doors", function () {
  this.timeout(20_000);
  const running: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  for (const front of ["http", "https"] as const) {
    describe(`of ${front}`, () => {
      for (const version of ["v1", "v2"] as const)
        it(`tells who called, as ${version}, in one piece with what follows and byte by byte`, async () => {
          const world = await setup({ trusted: LOOPBACK });
          for (const isSplit of [false, true])
            for (const [ends, caller] of [
              [CALLER, "203.0.113.9 for=203.0.113.9;"],
              [CALLER_6, '2001:db8:0:0:0:0:0:9 for="[2001:db8:0:0:0:0:0:9]";'],
            ] as const) {
              const port = await startBalancer(world, front, encodeProxyHeader(version, ends), isSplit);
              const answer = await ask(world, front, port);
              expect(answer, `split: ${isSplit}`)
                .to.match(/^HTTP\/1[.]1 200 /)
                .and.to.include(caller);
            }
          expect(await refused(world, "proxy_header")).to.equal(0);
        });

      it("passes on bodies behind its header, and the next request of the connection", async () => {
        const measure: RequestListener = (request, response) => {
          let size = 0;
          request.on("data", (chunk: Buffer) => (size += chunk.length));
          request.on("end", () => response.end(`got ${size}`));
        };
        const world = await setup({ trusted: LOOPBACK, origins: [measure] });
        const port = await startBalancer(world, front, encodeProxyHeader("v2", CALLER), false);
        const body = "x".repeat(512 * 1024);
        const socket = client(world, front, port);
        for (const end of ["", "Connection: close\r\n"])
          socket.write(
            `POST / HTTP/1.1\r\nHost: ${world.host}\r\n${end}Content-Length: ${body.length}\r\n\r\n${body}`,
          );
        const answer = await closing(socket);
        expect(answer.match(/got \d+/g)).to.deep.equal([`got ${body.length}`, `got ${body.length}`]);
      });

      it("speaks for itself where it tells nobody", async () => {
        const world = await setup({ trusted: LOOPBACK });
        for (const header of ["PROXY UNKNOWN\r\n", LOCAL]) {
          const port = await startBalancer(world, front, Buffer.from(header, "latin1"), false);
          expect(await ask(world, front, port)).to.include("127.0.0.1 for=127.0.0.1;");
        }
      });

      it("is closed without a right header in time, and counted", async () => {
        const world = await setup({ trusted: LOOPBACK, proxies: { headerTimeoutMs: 300 } });
        const wrong = [
          "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
          "PROXY TCP4 nonsense\r\n",
          `PROXY TCP4 ${"1".repeat(120)}`,
          `${V2}\x21\x11\x00\x02xx`,
          `${V2}\x31\x11\x00\x0c`,
        ];
        for (const text of wrong) expect(await closing(dial(portOf(world, front), text))).to.equal("");
        const ended = dial(portOf(world, front), "PROXY ");
        ended.end();
        expect(await closing(ended)).to.equal("");
        // One that begins a header and does not go on.
        const from = performance.now();
        expect(await closing(dial(portOf(world, front), "PROXY TCP4 203.0.113.9"))).to.equal("");
        expect(performance.now() - from).to.be.within(250, 5_000);
        expect(await refused(world, "proxy_header")).to.equal(wrong.length + 2);
        await eventually(() => world.gateway.doors.counts().connections === 0);
      });

      it("that nobody trusts is refused as one that sends nonsense, and counted so", async () => {
        const world = await setup({});
        const { guards } = world.gateway.router.counts;
        const guard = front === "http" ? "malformed" : "handshake";
        for (const [index, version] of (["v1", "v2"] as const).entries()) {
          const header = Buffer.from(encodeProxyHeader(version, CALLER)).toString("latin1");
          const rest = front === "http" ? `GET / HTTP/1.1\r\nHost: ${world.host}\r\n\r\n` : "";
          const answer = await closing(dial(portOf(world, front), `${header}${rest}`));
          expect(answer).not.to.include("203.0.113.9");
          if (front === "http") expect(answer).to.match(/^HTTP\/1[.]1 400 /);
          expect(guards[guard]).to.equal(index + 1);
        }
        expect(await refused(world, "proxy_header")).to.equal(0);
      });

      it("does not hold up the end of the gateway while it says nothing", async () => {
        const world = await setup({ trusted: LOOPBACK, proxies: { headerTimeoutMs: 60_000 } });
        const waiting = dial(portOf(world, front), "PROXY ");
        await eventually(() => world.gateway.doors.counts().connections === 1);
        world.gateway.doors.refuseNew();
        expect(await closing(waiting)).to.equal("");
      });
    });
  }

  it("is not counted for its callers: each address has a limit of its own", async () => {
    const world = await setup({ trusted: LOOPBACK, limits: { perAddress: 1 } });
    const text = `GET / HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`;
    const callers = await Promise.all(
      [1, 2, 3].map(async (last) => {
        const source = { address: `203.0.113.${last}`, port: 1 };
        const header = Buffer.from(encodeProxyHeader("v1", { ...CALLER, source })).toString("latin1");
        const caller = dial(world.port, `${header}${text}`);
        const [chunk] = (await once(caller, "data")) as [Buffer];
        expect(String(chunk)).to.include(`203.0.113.${last}`);
        return caller;
      }),
    );
    expect(world.gateway.doors.counts().connections).to.equal(3);
    const again = dial(world.port, `PROXY TCP4 203.0.113.1 198.51.100.1 1 2\r\n${text}`);
    const [chunk] = (await once(again, "data")) as [Buffer];
    expect(String(chunk)).to.match(/^HTTP\/1[.]1 503 /);
    expect(await refused(world, "address")).to.equal(1);
    for (const caller of [...callers, again]) caller.destroy();
  });

  async function setup(init: Partial<RoutedWorldInit>): Promise<RoutedWorld> {
    const folder = mkdtempSync(join(tmpdir(), "fizz-proxied-test-"));
    running.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const https = { port: 0, folder, given: undefined };
    const world = await startRoutedWorld({ origins: [who], ...init, routing: { https } });
    running.push(() => world.stop());
    return world;
  }

  function portOf(world: RoutedWorld, front: "http" | "https"): number {
    return front === "http" ? world.port : world.httpsPort;
  }

  /** Passes connections on, behind a header. @returns Its port. */
  async function startBalancer(
    world: RoutedWorld,
    ...[front, header, isSplit]: [front: "http" | "https", header: Uint8Array, isSplit: boolean]
  ): Promise<number> {
    const server = createServer((near) => {
      const far = connect({ port: portOf(world, front), host: "127.0.0.1", noDelay: true });
      near.on("error", () => far.destroy());
      far.on("error", () => near.destroy());
      // Nobody reads it any more then: it would not see that the caller has gone.
      far.once("close", () => {
        near.destroySoon();
      });
      far.pipe(near);
      near.once("data", (first) => {
        near.pause();
        const pieces = isSplit ? [...header].map((byte) => Buffer.of(byte)) : [];
        const last = isSplit ? first : Buffer.concat([header, first]);
        void write(far, [...pieces, last]).then(() => near.pipe(far));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    running.push(() => {
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  async function write(socket: Socket, pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((resolve) => socket.write(piece, resolve));
      // The gateway, in this process, reads meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function dial(port: number, text: string): Socket {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.write(text, "latin1");
    return socket;
  }

  async function closing(socket: Socket): Promise<string> {
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    if (!socket.closed) await once(socket, "close");
    return answer;
  }

  function client({ host }: RoutedWorld, front: "http" | "https", port: number): Socket {
    const at = { port, host: "127.0.0.1" };
    const socket =
      front === "http" ? connect(at) : connectTls({ ...at, servername: host, rejectUnauthorized: false });
    return socket.on("error", () => undefined);
  }

  async function ask(world: RoutedWorld, front: "http" | "https", port: number): Promise<string> {
    const socket = client(world, front, port);
    socket.write(`GET / HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`);
    return await closing(socket);
  }

  async function refused({ gateway }: RoutedWorld, limit: string): Promise<number> {
    const { body } = await gateway.meter.text();
    const line = body.split("\n").find((one) => one.includes(`connections_refused_total{limit="${limit}"}`));
    return Number(line?.split(" ").at(-1) ?? 0);
  }
});

const V2 = "\r\n\r\n\0\r\nQUIT\n";
/** Version 2, command LOCAL. */
const LOCAL = `${V2}\x20\x00\x00\x00`;
