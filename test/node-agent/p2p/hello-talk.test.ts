import { ProtocolError } from "@fizz/protocol/errors";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type GatewayHello, type NodeHello, nodeHelloSchema, type Offer } from "@fizz/protocol/messages";
import { recoverDigestKey, signDigest } from "@fizz/protocol/node";
import { FramedStream } from "@fizz/protocol/streams";
import { fizzDomain, leaseTree, pulseHasher, type SignedPulse } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Address, type Hex, zeroAddress } from "viem";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { PulseDesk } from "../../../node-agent/src/leases/pulse-desk.ts";
import { HelloTalk } from "../../../node-agent/src/p2p/hello-talk.ts";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";
import { until } from "../../support/until.ts";
import { OFFER } from "../support/answers.ts";
import { hashOf } from "../support/builders.ts";
import { NODE } from "../support/fake-chain.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryPulses } from "../support/memory-pulses.ts";
import { silentLog } from "../support/silent-log.ts";

const NODE_KEY: Hex = `0x${"11".repeat(32)}`;
const GATEWAY_KEY: Hex = `0x${"42".repeat(32)}`;
const SLASHER: Address = "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9";
const LEASES = [hashOf("one"), hashOf("two")];
const digestOf = pulseHasher(fizzDomain(31_337, SLASHER));
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe("what a node says after its welcome", () => {
  let pair: Libp2pPair;
  before(async () => {
    pair = await createLibp2pPair();
  });
  after(async () => {
    await pair.stop();
  });
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });

  it("is a signed pulse a minute, the first one at any time of the first minute", async () => {
    const { clock, heard, answer, sleeps } = await setup({ random: 0.25 });
    await sleeps(15_000);
    clock.move(15_000);
    const { pulse, signature } = await pulseOf(heard);
    expect(pulse).to.deep.equal({
      ...{ nodeId: NODE.nodeId, subnetId: 3, at: clock.now() / 1_000 },
      ...{ leases: 2, leaseRoot: leaseTree(LEASES).root },
    });
    expect(recoverDigestKey(digestOf(pulse), signature)).to.equal(publicKeyOfPrivateKey(NODE_KEY));
    await answer({ type: "countersigned", signature: signDigest(digestOf(pulse), GATEWAY_KEY) });
    await sleeps(60_000);
    clock.move(60_000);
    expect((await pulseOf(heard)).pulse.at).to.equal(pulse.at + 60);
  });

  it("keeps the pulse with the gateway's signature and what proves its leases", async () => {
    const { clock, heard, answer, sleeps, pulses } = await setup();
    clock.move(30_000);
    const { pulse, signature: nodeSignature } = await pulseOf(heard);
    const gatewaySignature = signDigest(digestOf(pulse), GATEWAY_KEY);
    await answer({ type: "countersigned", signature: gatewaySignature });
    await sleeps(60_000);
    expect(pulses.kept).to.deep.equal([{ pulse, nodeSignature, gatewaySignature, leaseHashes: LEASES }]);
  });

  it("keeps nothing that another key signed, and nothing that was refused; it goes on", async () => {
    const { clock, heard, answer, sleeps, pulses } = await setup();
    clock.move(30_000);
    const { pulse } = await pulseOf(heard);
    await answer({ type: "countersigned", signature: signDigest(digestOf(pulse), NODE_KEY) });
    await sleeps(60_000);
    clock.move(60_000);
    await pulseOf(heard);
    const error = { code: "PULSE_OUT_OF_TIME", message: "Set the clock.", retryable: true };
    await answer({ type: "refused", error });
    await sleeps(60_000);
    clock.move(60_000);
    await pulseOf(heard);
    expect(pulses.kept).to.deep.equal([]);
  });

  it("is an update when it is poked and the offer has changed, and nothing when it has not", async () => {
    const { talk, clock, heard, answer, change, sleeps } = await setup();
    change({ leases: 3 });
    talk.poke();
    expect(await heard()).to.deep.equal({ type: "update", offer: { ...OFFER, leases: 3 } });
    await answer({ type: "ack" });
    await sleeps(30_000);
    talk.poke();
    await sleeps(30_000);
    clock.move(30_000);
    expect((await heard())?.type).to.equal("pulse");
  });

  it("tells of a change that comes while it speaks", async () => {
    const { talk, clock, heard, answer, change } = await setup();
    clock.move(30_000);
    const { pulse } = await pulseOf(heard);
    change({ leases: 4 });
    talk.poke();
    await answer({ type: "countersigned", signature: signDigest(digestOf(pulse), GATEWAY_KEY) });
    expect(await heard()).to.deep.equal({ type: "update", offer: { ...OFFER, leases: 4 } });
  });

  it("is the old offer when there is no slasher, or when the chain does not answer", async () => {
    for (const slasher of [() => Promise.resolve(undefined), () => Promise.reject(unreachable())]) {
      const { clock, heard, answer, sleeps, change } = await setup({ slasher });
      change(unreachable());
      clock.move(30_000);
      expect(await heard()).to.deep.equal({ type: "update", offer: OFFER });
      await answer({ type: "ack" });
      await sleeps(60_000);
    }
  });

  it("ends when the gateway ends it", async () => {
    const { clock, heard, answer, ended } = await setup();
    clock.move(30_000);
    await heard();
    await answer({ type: "error", error: { code: "IDENTITY_UNKNOWN", message: "Gone.", retryable: false } });
    expect(await ended).to.equal("IDENTITY_UNKNOWN");
  });

  interface Changes {
    readonly random?: number;
    readonly slasher?: () => Promise<Address | undefined>;
  }

  async function setup({ random = 0.5, slasher = () => Promise.resolve(SLASHER) }: Changes = {}) {
    const { outbound, inbound } = await pair.open();
    const far = new FramedStream(inbound);
    const clock = new ManualClock();
    const pulses = new MemoryPulses();
    const signer = new OperatorSigner(NODE_KEY, { chainId: 31_337, market: zeroAddress });
    const chain = { chainId: 31_337, slasher };
    const pulsing = new PulseDesk({ chain, signer, store: pulses, clock, served: () => LEASES }, NODE);
    let offer: Offer | Error = OFFER;
    const talk = new HelloTalk(
      {
        clock,
        log: silentLog,
        pulsing,
        random: () => random,
        offer: () => (offer instanceof Error ? Promise.reject(offer) : Promise.resolve(offer)),
      },
      { subnetId: 3, gatewayKey: publicKeyOfPrivateKey(GATEWAY_KEY), offer: OFFER },
    );
    const end = new AbortController();
    const ended = talk.run(new FramedStream(outbound), end.signal).then(
      () => "(no error)",
      (error: unknown) => (error instanceof ProtocolError ? error.code : String(error)),
    );
    running.push(async () => {
      end.abort();
      await ended;
      await far.close();
    });
    return {
      talk,
      clock,
      pulses,
      ended,
      change: (news: Partial<Offer> | Error): void => {
        offer = news instanceof Error ? news : { ...OFFER, ...news };
      },
      heard: () => far.read(nodeHelloSchema, soon()),
      answer: (message: GatewayHello) => far.write(message, soon()),
      sleeps: (ms: number) => until(() => Promise.resolve(clock.nextMs === ms), `it sleeps ${ms} ms`, 5_000),
    };
  }

  async function pulseOf(heard: () => Promise<NodeHello | undefined>): Promise<SignedPulse> {
    const message = await heard();
    if (message?.type !== "pulse") throw new TypeError(`no pulse but ${String(message?.type)}`);
    return message;
  }

  function unreachable(): ProtocolError {
    return new ProtocolError("CHAIN_UNREACHABLE", "The chain is away.");
  }
});
