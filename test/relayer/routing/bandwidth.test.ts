import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { eventually, hash, leaseFacts } from "../support/builders.ts";
import { LIMITS } from "../support/limits.ts";
import {
  raw,
  routedDoor,
  type RoutedWorld,
  type RoutedWorldInit,
  startRoutedWorld,
} from "../support/routed-world.ts";

const run = promisify(execFile);
const KIB = 1024;
/** What a lease may carry each second; as much may pass at once. */
const RATE = 512 * KIB;
const BODY = 1_024 * KIB;
/**
 * Seconds. What is over the first second's worth takes another; the last piece of 64 KiB may pass an eighth early,
 * that of the other way at the same moment, and a busy machine is late.
 */
const HELD = { oneWay: [0.8, 10], bothWays: [0.7, 10] } as const;
/** Bytes each second at which a piece of 64 KiB is held for eight. */
const SLOW = 8 * KIB;

/** Sends as many bytes as its path says, or tells how many it got. */
const origin: RequestListener = (request, response) => {
  let heard = 0;
  request.on("data", (chunk: Buffer) => (heard += chunk.length));
  request.on("end", () => {
    const wanted = Number(request.url?.slice(1));
    response.end(wanted > 0 ? Buffer.alloc(wanted) : String(heard));
  });
};

describe("a routed exchange under the bandwidth of its lease", function () {
  this.timeout(30_000);
  const running: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  for (const version of ["--http1.1", "--http2"])
    it(`is slowed down and up by curl ${version}, whole, and held ones are counted`, async () => {
      const world = await setup({ bytesPerSecondPerLease: RATE });
      const { seconds } = await timed(async () => {
        const down = await timed(() => curl(world, `/${BODY}`, { version }));
        expect(down.result.length).to.equal(BODY);
        expect(down.seconds).to.be.within(...HELD.oneWay);
        expect(await throttled(world, "http")).to.be.above(0);
        const up = await curl(world, "/", { version, post: Buffer.alloc(RATE) });
        expect(String(up)).to.equal(String(RATE));
      });
      // Nothing was left of the burst. The pause between the two counts: the lease saves up while it lasts.
      expect(seconds).to.be.within(1.8, 20);
      expect(await throttled(world, "tcp")).to.equal(0);
    });

  it("does not slow another lease", async () => {
    const world = await setup({ bytesPerSecondPerLease: SLOW });
    world.gateway.chain.leases.set(2n, leaseFacts({ lid: 2n, leaseHash: hash(2) }));
    const [other] = await world.open([routedDoor(0)], 2n);
    const limited = timed(() => curl(world, `/${BODY}`));
    await eventually(async () => (await throttled(world, "http")) > 0);
    const free = await timed(() => curl({ ...world, host: other?.host ?? "" }, `/${SLOW / 2}`));
    expect(free.result.length).to.equal(SLOW / 2);
    // Behind what is held it would take eight seconds.
    expect(free.seconds).to.be.below(5);
    world.gateway.doors.setLimits({ ...LIMITS, bytesPerSecondPerLease: 0 });
    expect((await limited).result.length).to.equal(BODY);
  });

  it("shares it with the lease's TCP doors", async () => {
    const world = await setup({ bytesPerSecondPerLease: RATE });
    const tcp = { service: "raw", replica: 0, port: 9_000, protocol: "tcp" as const };
    const endpoints = await world.open([routedDoor(0), tcp]);
    const port = endpoints.find(({ service }) => service === "raw")?.publicPort ?? 0;
    const { seconds } = await timed(async () => {
      const answer = await raw(
        port,
        `GET /${RATE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        /never/,
      );
      expect(answer.length).to.be.above(RATE);
      expect((await curl(world, `/${RATE}`)).length).to.equal(RATE);
    });
    expect(seconds).to.be.within(...HELD.oneWay);
  });

  it("slows a WebSocket both ways, and loses nothing", async () => {
    const world = await setup({ bytesPerSecondPerLease: RATE });
    world.origins[0]?.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      socket.pipe(socket);
    });
    const client = connect(world.port, "127.0.0.1");
    client.write(
      `GET / HTTP/1.1\r\nHost: ${world.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`,
    );
    const [head] = (await once(client, "data")) as [Buffer];
    expect(String(head)).to.match(/^HTTP\/1[.]1 101 [^]*\r\n\r\n$/);
    let heard = 0;
    client.on("data", (chunk) => (heard += chunk.length));
    const { seconds } = await timed(async () => {
      client.end(Buffer.alloc(BODY / 2));
      await once(client, "end");
    });
    expect(heard).to.equal(BODY / 2);
    expect(seconds).to.be.within(...HELD.bothWays);
    expect(await throttled(world, "http")).to.be.above(0);
  });

  it("is not cut for a silence that the bandwidth makes, however short its time-outs", async () => {
    const options = { readTimeoutMs: 300, sendTimeoutMs: 300, maxBodySize: 0 };
    const world = await setup({ bytesPerSecondPerLease: 48 * KIB }, { options });
    // Each piece of 64 KiB is held for more than a second.
    expect((await curl(world, `/${96 * KIB}`)).length).to.equal(96 * KIB);
    const up = await curl(world, "/", { post: Buffer.alloc(64 * KIB) });
    expect(String(up)).to.equal(String(64 * KIB));
  });

  it("takes a new limit while it waits, and none", async () => {
    const world = await setup({ bytesPerSecondPerLease: 16 * KIB });
    for (const bytesPerSecondPerLease of [1_024 * RATE, 0]) {
      // At 16 KiB/s a minute.
      const held = await throttled(world, "http");
      const waits = timed(() => curl(world, `/${BODY}`));
      await eventually(async () => (await throttled(world, "http")) > held);
      world.gateway.doors.setLimits({ ...LIMITS, bytesPerSecondPerLease });
      const { result, seconds } = await waits;
      expect(result.length).to.equal(BODY);
      expect(seconds).to.be.below(10);
      world.gateway.doors.setLimits({ ...LIMITS, bytesPerSecondPerLease: 16 * KIB });
    }
  });

  async function setup(
    limits: RoutedWorldInit["limits"] & object,
    init: Partial<RoutedWorldInit> = {},
  ): Promise<RoutedWorld> {
    const folder = mkdtempSync(join(tmpdir(), "fizz-bandwidth-test-"));
    running.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const https = { port: 0, folder, given: undefined };
    const options = { maxBodySize: 0 };
    const world = await startRoutedWorld({ origins: [origin], options, limits, routing: { https }, ...init });
    running.push(() => world.stop());
    return world;
  }

  async function timed<Result>(
    task: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly seconds: number }> {
    const from = performance.now();
    const result = await task();
    return { result, seconds: (performance.now() - from) / 1_000 };
  }

  async function throttled({ gateway }: RoutedWorld, protocol: string): Promise<number> {
    const { body } = await gateway.meter.text();
    const name = `fizz_gateway_throttled_total{protocol="${protocol}"} `;
    return Number(
      body
        .split("\n")
        .find((line) => line.startsWith(name))
        ?.slice(name.length) ?? 0,
    );
  }

  async function curl(
    { host, httpsPort }: Pick<RoutedWorld, "host" | "httpsPort">,
    path: string,
    { version = "--http2", post }: { readonly version?: string; readonly post?: Buffer } = {},
  ): Promise<Buffer> {
    const words = ["-sSfk", version, "--resolve", `${host}:${httpsPort}:127.0.0.1`];
    if (post !== undefined) words.push("--data-binary", "@-");
    const child = run("curl", [...words, `https://${host}:${httpsPort}${path}`], {
      encoding: "buffer",
      maxBuffer: 2 * BODY,
    });
    child.child.stdin?.end(post);
    return (await child).stdout;
  }
});
