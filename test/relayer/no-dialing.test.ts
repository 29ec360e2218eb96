import { createSocket } from "node:dgram";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { protocols } from "@fizz/protocol/messages";
import { identify } from "@libp2p/identify";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { createLibp2p } from "libp2p";
import { Random } from "../support/fuzz/random.ts";
import { ApiDocument } from "./support/api-document.ts";
import { deployChainWorld, NODE_KEY } from "./support/chain-world.ts";
import { fuzzSamples } from "./support/fuzz/fuzz-samples.ts";
import { startFuzzedGateway } from "./support/fuzz/gateway-process.ts";
import { framesOf, HostilePeer } from "./support/fuzz/hostile-node.ts";
import { addressOf, type HttpInput, HttpTarget, samplesOf } from "./support/fuzz/http-inputs.ts";

/** Time for a connection that somebody was talked into. */
const CALM_MS = 1_000;

describe("what callers write into a field", function () {
  this.timeout(180_000);
  const running: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("makes the gateway dial nothing: every field of every route, message and header", async () => {
    const trap = await startTrap();
    const baits = baitsOf(trap.port);
    const world = await deployChainWorld();
    running.push(() => world.anvil.stop());
    await world.registerNode();
    const samples = await fuzzSamples(world);
    const gateway = await startFuzzedGateway(world);
    running.push(() => gateway.stop());
    const api = new ApiDocument(await (await fetch(`${gateway.apiUrl}/v1/openapi.json`)).json());
    const http = new HttpTarget(gateway.apiUrl, api);
    const node = await HostilePeer.start(NODE_KEY, gateway.multiaddrs);
    running.push(() => node.stop());
    await node.beOnline(samples.hello);

    const calls = samplesOf(samples).flatMap(([method, path, query, body]): HttpInput[] => {
      const authorization = `Fizz ${Buffer.from(JSON.stringify(samples.auth)).toString("base64url")}`;
      const headers = { authorization, ...(method === "POST" ? { "content-type": "application/json" } : {}) };
      const call = (url: string, sent: unknown = body, more: Record<string, string> = {}): HttpInput => ({
        ...{ method, url, headers: { ...headers, ...more } },
        body: method === "POST" ? Buffer.from(JSON.stringify(sent ?? {})) : undefined,
      });
      const url = addressOf(path, query);
      return baits.flatMap((bait) => [
        ...fieldsWith(query, bait).map((words) => call(addressOf(path, words))),
        ...fieldsWith(body, bait).map((sent) => call(url, sent)),
        ...fieldsWith(samples.auth, bait).map((auth) =>
          call(url, body, {
            authorization: `Fizz ${Buffer.from(JSON.stringify(auth)).toString("base64url")}`,
          }),
        ),
        call(path.replace(/\/[^/]*$/, `/${encodeURIComponent(bait)}`)),
        call(url, body, {
          ...{
            "x-forwarded-for": bait,
            "x-forwarded-host": bait,
            "x-original-url": bait,
            forwarded: `for="${bait}"`,
          },
          ...{ host: bait, referer: bait, origin: bait, "last-event-id": bait, via: bait },
        }),
      ]);
    });
    const seen = new Set(calls.map(({ method, url }) => `${method} ${api.pathOf(url) ?? ""}`));
    expect(api.operations().filter((name) => !seen.has(name))).to.deep.equal([]);
    const faults = (await inLanes(calls, (call) => http.send(call))).filter((fault) => fault !== undefined);
    expect(faults).to.deep.equal([]);
    for (const bait of baits)
      for (const method of ["GET", "CONNECT"])
        await http.sendRaw(Buffer.from(`${method} ${bait} HTTP/1.1\r\nhost: ${bait}\r\n\r\n`));

    const messages = (["hello", "update", "pulse", "doors", "observe"] as const).flatMap((name) =>
      baits.flatMap((bait) => fieldsWith(samples[name], bait).map((sent) => [name, sent] as const)),
    );
    for (const [name, sent] of messages) {
      const bytes = framesOf(
        name === "update" || name === "pulse" ? [samples.hello, sent] : [sent],
        new Random(5),
      );
      await node.send(name === "doors" || name === "observe" ? protocols[name] : protocols.hello, bytes);
    }
    await announce(gateway.multiaddrs, trap.port);
    await sleep(CALM_MS);
    http.stop();
    expect(calls.length + messages.length).to.be.above(1_000);
    expect(trap.count(), "connections and datagrams to an address that callers named").to.equal(0);
    expect(gateway.faults).to.deep.equal([]);
    await knock(trap.port);
    expect(trap.count(), "the trap sees who comes").to.equal(1);
  });

  /** Listens for everybody, on every address of loopback. */
  async function startTrap() {
    let count = 0;
    const server = createServer((socket) => {
      count += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const datagrams = createSocket("udp4", () => (count += 1));
    await new Promise<void>((resolve) => datagrams.bind(port, resolve));
    running.push(async () => {
      datagrams.close();
      await new Promise((resolve) => server.close(resolve));
    });
    return { port, count: () => count };
  }

  async function knock(port: number): Promise<void> {
    await new Promise<void>((resolve) => {
      connect(port, "127.0.0.1")
        .once("close", resolve)
        .on("error", () => undefined);
    });
  }

  /** A peer that says of itself that it listens at the trap. */
  async function announce(gateway: readonly string[], port: number): Promise<void> {
    const peer = await createLibp2p({
      addresses: { announce: [`/ip4/127.0.0.1/tcp/${port}`] },
      ...{ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] },
      services: { identify: identify() },
    });
    running.push(() => Promise.resolve(peer.stop()));
    const connection = await peer.dial(gateway.map((address) => multiaddr(address)));
    const stream = await connection.newStream(protocols.observe);
    stream.send(framesOf([{ type: "observe" }], new Random(5)));
    await stream.close();
    await connection.close();
  }
});

function baitsOf(port: number): string[] {
  const host = `127.0.0.1:${port}`;
  return [
    `http://${host}/`,
    host,
    `localhost:${port}`,
    `http://[::1]:${port}/`,
    `/ip4/127.0.0.1/tcp/${port}`,
  ];
}

/** Copies of a value, each with one of its leaves, or one more field, instead. */
function fieldsWith(value: unknown, bait: string): unknown[] {
  if (typeof value !== "object" || value === null) return value === undefined ? [] : [bait];
  const copies = Object.keys(value).flatMap((key) =>
    fieldsWith((value as Record<string, unknown>)[key], bait).map((inner) =>
      Array.isArray(value) ? value.with(Number(key), inner) : { ...value, [key]: inner },
    ),
  );
  return Array.isArray(value) ? copies : [...copies, { ...value, url: bait }];
}

async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results.push(await work(items[at] as Item));
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return results;
}
