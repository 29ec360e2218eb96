import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { recoverDigestKey, signDigest } from "@fizz/protocol/node";
import { fizzDomain, type Pulse, pulseHasher } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex, zeroAddress, zeroHash } from "viem";
import { eventually, nodeFacts, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  GATEWAY_KEY,
  type GatewayFixture,
  type HelloSession,
  sayHello,
  startGatewayFixture,
  startPeer,
} from "../support/gateway-fixture.ts";

const NODE_KEY = testKey(0x11);
const START = 1_900_000_000;
/** Long after the gateway's start. */
const NOW = START + 600;

describe("a pulse at the gateway", () => {
  const running: (() => Promise<unknown> | undefined)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is signed by the gateway too, and kept", async () => {
    const { gateway, pulse, send, digestOf } = await setup();
    const answer = await send(pulse());
    expect(answer.type).to.equal("countersigned");
    const signature = answer["signature"] as Hex;
    expect(recoverDigestKey(digestOf(pulse()), signature)).to.equal(publicKeyOfPrivateKey(GATEWAY_KEY));
    expect(gateway.book.newest(1n)).to.deep.include({ pulse: pulse(), gatewaySignature: signature });
    expect(await counted(gateway, "signed")).to.equal(1);
  });

  it("tells that the node is there, without a word about its offer", async () => {
    const { gateway, pulse, send } = await setup();
    await eventually(() => gateway.nodes.find(1n)?.online === true);
    let changes = 0;
    gateway.nodes.onChange(() => {
      changes += 1;
    });
    const before = gateway.nodes.require(1n);
    await eventually(() => Date.now() > before.lastSeenAt);
    await send(pulse());
    expect(gateway.nodes.require(1n).lastSeenAt).to.be.above(before.lastSeenAt);
    expect(gateway.nodes.require(1n).offer).to.deep.equal(before.offer);
    expect(changes).to.equal(0);
  });

  for (const [what, changes, code] of [
    ["of another node", { nodeId: 2n }, "PULSE_INVALID"],
    ["for another subnet", { subnetId: 2 }, "PULSE_INVALID"],
    ["with leases and no root", { leases: 1 }, "PULSE_INVALID"],
    ["with a root and no leases", { leaseRoot: testKey(0xaa) }, "PULSE_INVALID"],
    ["of 61 s ago", { at: NOW - 61 }, "PULSE_OUT_OF_TIME"],
    ["of 16 s ahead", { at: NOW + 16 }, "PULSE_OUT_OF_TIME"],
  ] as const)
    it(`is refused when it is ${what}, and all goes on`, async () => {
      const { gateway, pulse, send } = await setup();
      expect(codeIn(await send(pulse(changes)))).to.equal(code);
      expect(gateway.book.newest(1n)).to.equal(undefined);
      expect(await counted(gateway, code)).to.equal(1);
      expect((await send(pulse())).type).to.equal("countersigned");
    });

  it("is taken at the edges of its time", async () => {
    const { pulse, send } = await setup();
    expect((await send(pulse({ at: NOW - 60 }))).type).to.equal("countersigned");
    expect((await send(pulse({ at: NOW + 15 }))).type).to.equal("countersigned");
  });

  it("is refused when another key signed it, another contract is meant, or the signature is none", async () => {
    const { pulse, send, session } = await setup();
    expect(codeIn(await send(pulse(), { key: testKey(0x12) }))).to.equal("PULSE_INVALID");
    const elsewhere = pulseHasher(fizzDomain(31_337, zeroAddress));
    expect(codeIn(await send(pulse(), { digestOf: elsewhere }))).to.equal("PULSE_INVALID");
    for (const signature of ["0x", `0x${"00".repeat(65)}`])
      expect(codeIn(await session.send({ type: "pulse", pulse: pulse(), signature }))).to.equal(
        "PULSE_INVALID",
      );
  });

  it("is signed once for one time, whatever it says, and not for an earlier one", async () => {
    const { pulse, send } = await setup();
    await send(pulse());
    expect(codeIn(await send(pulse()))).to.equal("PULSE_REPEATED");
    const other = pulse({ leases: 1, leaseRoot: testKey(0xaa) });
    expect(codeIn(await send(other))).to.equal("PULSE_REPEATED");
    expect(codeIn(await send(pulse({ at: NOW - 1 })))).to.equal("PULSE_REPEATED");
    expect(codeIn(await send(pulse({ at: NOW + 1 })))).to.equal("RATE_LIMITED");
  });

  it("is signed once for one time, even when the node comes again", async () => {
    const { gateway, pulse, send, hello } = await setup();
    await send(pulse());
    const again = await hello(gateway);
    expect(codeIn(await again(pulse({ leases: 1, leaseRoot: testKey(0xaa) })))).to.equal("PULSE_REPEATED");
  });

  it("is not signed for a time for which the process before may have signed another", async () => {
    const { pulse, send, set } = await setup(START);
    set(START + 15);
    expect(codeIn(await send(pulse({ at: START + 15 })))).to.equal("PULSE_OUT_OF_TIME");
    expect((await send(pulse({ at: START + 16 }))).type).to.equal("countersigned");
  });

  it("is refused while the chain has no contract that reads it", async () => {
    const { pulse, send } = await setup(NOW, zeroAddress);
    expect(codeIn(await send(pulse()))).to.equal("PULSE_INVALID");
  });

  async function setup(now = NOW, slasher?: Hex) {
    let clock = START;
    const set = (seconds: number): void => {
      clock = seconds;
    };
    const gateway = await startGatewayFixture({ clock: () => clock * 1_000 });
    running.push(() => gateway.stop());
    set(now);
    gateway.chain.addNode(nodeFacts({ operator: addressOfKey(NODE_KEY) }));
    if (slasher !== undefined) gateway.chain.gateway = { ...gateway.chain.gateway, slasher };
    const digestOf = pulseHasher(fizzDomain(31_337, gateway.chain.gateway.slasher));
    const signed =
      (session: HelloSession) =>
      (pulse: Pulse, by: Partial<Signing> = {}) => {
        const { key, digestOf: digest } = { key: NODE_KEY, digestOf, ...by };
        return session.send({ type: "pulse", pulse, signature: signDigest(digest(pulse), key) });
      };
    const hello = async (at: GatewayFixture) => signed(await sessionOf(at));
    const session = await sessionOf(gateway);
    const pulse = (changes: Partial<Pulse> = {}): Pulse => ({
      ...{ nodeId: 1n, subnetId: 1, at: NOW, leases: 0, leaseRoot: zeroHash },
      ...changes,
    });
    return { gateway, session, pulse, send: signed(session), set, digestOf, hello };
  }

  interface Signing {
    readonly key: Hex;
    readonly digestOf: (pulse: Pulse) => Uint8Array;
  }

  async function sessionOf(gateway: GatewayFixture): Promise<HelloSession> {
    const peer = await startPeer(NODE_KEY);
    running.push(() => Promise.resolve(peer.stop()));
    return await sayHello(peer, gateway.host);
  }

  function codeIn({ error }: Record<string, unknown>): unknown {
    return (error as { code?: unknown } | undefined)?.code;
  }

  async function counted({ meter }: GatewayFixture, result: string): Promise<number> {
    const { body } = await meter.text();
    const name = `fizz_gateway_pulses_total{result="${result}"} `;
    return Number(
      body
        .split("\n")
        .find((line) => line.startsWith(name))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  }
});
