import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import { LINK_NAME, type LinkRequest } from "@fizz/protocol/messages";
import { expect } from "chai";
import { hexToBytes } from "viem";
import { DataLinkListener, dataLinkPair } from "../../../relayer/src/p2p/data-link-listener.ts";
import { codeOf } from "../../support/code-of.ts";
import { eventually } from "../support/builders.ts";

describe("where nodes connect their data links", function () {
  this.timeout(20_000);
  const running: (() => Promise<void> | undefined)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("hands out the connection that brings the token, with what came behind it", async () => {
    const { listener, strays } = await setup();
    const { request, socket } = listener.expect();
    const node = dial(request);
    node.write(Buffer.concat([hexToBytes(request.token), Buffer.from("and more")]));
    const taken = await socket;
    expect(await text(taken)).to.equal("and more");
    node.on("data", () => undefined);
    expect([taken.getProtocol(), taken.getCipher().name]).to.deep.equal([
      "TLSv1.3",
      "TLS_AES_128_GCM_SHA256",
    ]);
    expect(strays()).to.equal(0);
  });

  it("takes a token in pieces, as the network cuts it", async () => {
    const { listener } = await setup();
    const { request, socket } = listener.expect();
    const node = dial(request);
    const bytes = hexToBytes(request.token);
    node.write(bytes.subarray(0, 5));
    await once(node, "secureConnect");
    node.write(bytes.subarray(5));
    expect((await socket).destroyed).to.equal(false);
  });

  it("is good for one connection: a second with the same token is refused", async () => {
    const { listener, strays } = await setup();
    const first = listener.expect();
    const other = listener.expect();
    dial(first.request).write(hexToBytes(first.request.token));
    await first.socket;
    await isRefused(dial(first.request), hexToBytes(first.request.token));
    expect(strays()).to.equal(1);
    other.cancel(new ProtocolError("STREAM_CLOSED", "over"));
  });

  it("refuses a wrong token, an end before it, and what is not TLS 1.3", async () => {
    const { listener, strays } = await setup();
    const { request } = listener.expect();
    await isRefused(dial(request), new Uint8Array(32));
    await isRefused(dial(request), hexToBytes(request.token).subarray(0, 31), true);
    const old = dial(request, { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
    await eventually(() => old.destroyed);
    const plain = connectTcp({ port: request.port, host: "127.0.0.1" });
    plain.on("error", () => undefined);
    await isRefused(plain, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(strays()).to.be.at.least(2);
  });

  it("lets nobody in while no link is expected", async () => {
    const { listener, strays } = await setup();
    const plain = connectTcp({ port: listener.port, host: "127.0.0.1" });
    plain.on("error", () => undefined);
    await eventually(() => plain.destroyed);
    expect(strays()).to.equal(1);
  });

  it("holds 256 that say nothing, and gives each up in time", async () => {
    const { listener, strays } = await setup(1_000);
    const { socket } = listener.expect();
    const silent = Array.from({ length: 300 }, () => {
      const one = connectTcp({ port: listener.port, host: "127.0.0.1" });
      one.on("error", () => undefined);
      return one;
    });
    running.push(() => {
      for (const one of silent) one.destroy();
      return undefined;
    });
    await eventually(() => strays() === 300, 5_000);
    expect(await codeOf(socket)).to.equal("TIMEOUT");
  });

  it("gives up what does not come in time, and says why when it is cancelled or stopped", async () => {
    const { listener } = await setup(100);
    const late = listener.expect();
    expect(await codeOf(late.socket)).to.equal("TIMEOUT");
    const cancelled = listener.expect();
    cancelled.cancel(new ProtocolError("NODE_OFFLINE", "gone"));
    expect(await codeOf(cancelled.socket)).to.equal("NODE_OFFLINE");
    const stopped = listener.expect();
    await listener.stop();
    expect(await codeOf(stopped.socket)).to.equal("STREAM_CLOSED");
  });

  it("says which port it cannot have", async () => {
    const { listener } = await setup();
    const pair = await dataLinkPair(Date.now());
    const second = new DataLinkListener({
      ...{ host: "127.0.0.1", port: listener.port, pair },
      onStray: () => undefined,
    });
    expect(await codeOf(second.start())).to.equal("CONFIG_INVALID");
  });

  async function setup(timeoutMs = 5_000) {
    let count = 0;
    const onStray = (): void => {
      count += 1;
    };
    const pair = await dataLinkPair(Date.now());
    const listener = new DataLinkListener({ host: "127.0.0.1", port: 0, pair, onStray, timeoutMs });
    await listener.start();
    running.push(() => listener.stop());
    return { listener, strays: () => count };
  }

  function dial({ port, certificate }: LinkRequest, options: ConnectionOptions = {}): TLSSocket {
    const where = { port, host: "127.0.0.1", ca: certificate, servername: LINK_NAME };
    const socket = connect({ ...where, ...options });
    socket.on("error", () => undefined);
    running.push(() => {
      socket.destroy();
      return undefined;
    });
    return socket;
  }

  async function isRefused(socket: Socket, bytes: Uint8Array, isEnd = false): Promise<void> {
    socket.resume();
    if (isEnd) socket.end(bytes);
    else socket.write(bytes);
    await eventually(() => socket.destroyed, 10_000);
  }

  async function text(socket: TLSSocket): Promise<string> {
    socket.resume();
    const [bytes] = (await once(socket, "data")) as [Buffer];
    return bytes.toString();
  }
});
