import { protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { nodeCalls } from "../../../relayer/src/p2p/node-calls.ts";
import { codeOf } from "../../support/code-of.ts";
import { hash, nodeFacts, testKey } from "../support/builders.ts";
import { sayHello, startGatewayFixture, startPeer } from "../support/gateway-fixture.ts";

const SIGNATURE = `0x${"11".repeat(65)}` as const;
const AUTH = {
  signed: {
    grant: {
      ...{ tenant: zeroAddress, nodeId: 1n, leaseHash: hash(1), scopes: "logs", expiresAt: 5 },
      sessionKey: `0x02${"22".repeat(32)}` as const,
    },
    signature: SIGNATURE,
  },
};

describe("a node whose answers cannot be read", () => {
  const running: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is what failed, not the caller", async () => {
    const gateway = await startGatewayFixture();
    running.push(() => gateway.stop());
    gateway.chain.addNode(nodeFacts());
    const node = await startPeer(testKey(1));
    running.push(async () => {
      await node.stop();
    });
    for (const [protocol, answer] of [
      [protocols.challenge, { type: "challenge", nonce: 5 }],
      [protocols.status, { type: "status", status: {} }],
      [protocols.logs, { type: "items", seq: 1, items: [{ text: 5 }] }],
      [protocols.events, { type: "error", error: { code: "INTERNAL", message: "a bug", retryable: true } }],
    ] as const)
      await node.handle(protocol, async (stream) => {
        const framed = new FramedStream(stream);
        await framed.readBytes(soon());
        await framed.write(answer, soon());
        await framed.close();
      });
    const { answer } = await sayHello(node, gateway.host);
    expect(answer.type).to.equal("welcome");
    const calls = nodeCalls(gateway.links);
    expect(await codeOf(calls.challenge(1n, hash(1), soon()))).to.equal("PEER_REFUSED");
    expect(await codeOf(calls.status(1n, AUTH, soon()))).to.equal("PEER_REFUSED");
    const logs = { auth: AUTH, query: { follow: false, tail: null, startup: false } };
    expect(await codeOf(calls.logs(1n, logs, soon()).next())).to.equal("PEER_REFUSED");
    const events = { auth: AUTH, query: { follow: false, cursor: 0 } };
    expect(await codeOf(calls.events(1n, events, soon()).next())).to.equal("PEER_REFUSED");
  });

  function soon(): AbortSignal {
    return AbortSignal.timeout(5_000);
  }
});
