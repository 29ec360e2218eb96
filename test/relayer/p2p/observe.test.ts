import { DirectDialer, type DirectComponents, observe } from "@fizz/protocol/direct";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { observeResponseSchema, protocols } from "@fizz/protocol/messages";
import { FramedStream, MUXER_INIT } from "@fizz/protocol/streams";
import { fizzDomain } from "@fizz/protocol/typed-data";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { createLibp2p } from "libp2p";
import { hexToBytes } from "viem";
import { MAX_OBSERVATIONS_PER_ADDRESS } from "../../../relayer/src/p2p/observe-server.ts";
import { codeOf } from "../../support/code-of.ts";
import { MARKET, testKey } from "../support/builders.ts";
import {
  addressOfKey,
  gatewayAddress,
  type GatewayFixture,
  startGatewayFixture,
} from "../support/gateway-fixture.ts";

const KEY = testKey(0x22);
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

describe("observe", function () {
  this.timeout(30_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("tells a peer from which address it comes, signed by the gateway", async () => {
    const { peer, init } = await setup();
    const observation = await observe(peer.services.direct, init, signal());
    const { signed, localPort } = observation;
    const { at, ...place } = signed.observed;
    expect(place).to.deep.equal({ peer: addressOfKey(KEY), host: "127.0.0.1", port: localPort });
    expect(at).to.be.closeTo(Date.now() / 1_000, 5);
    observation.close();
  });

  it("is not believed under another domain", async () => {
    const { peer, init } = await setup();
    const domain = fizzDomain(1, MARKET);
    expect(await codeOf(observe(peer.services.direct, { ...init, domain }, signal()))).to.equal(
      "IDENTITY_UNKNOWN",
    );
  });

  it(`answers one address ${MAX_OBSERVATIONS_PER_ADDRESS} times a minute`, async () => {
    const { peer, init } = await setup();
    const connection = await peer.dial(multiaddr(init.gateway));
    const codes: string[] = [];
    for (let at = 0; at <= MAX_OBSERVATIONS_PER_ADDRESS; at += 1) {
      const framed = new FramedStream(await connection.newStream(protocols.observe));
      await framed.write({ type: "observe" }, signal());
      const answer = await framed.require(observeResponseSchema, signal());
      codes.push(answer.type === "error" ? answer.error.code : "told");
      if (answer.type === "error")
        expect(answer.error.details?.["retryAfterSeconds"], "until the minute is over").to.be.within(1, 60);
      await framed.close();
    }
    expect(codes.filter((code) => code === "told")).to.have.length(MAX_OBSERVATIONS_PER_ADDRESS);
    expect(codes.at(-1)).to.equal("RATE_LIMITED");
  });

  it("dials nobody but the peer that the address names", async () => {
    const { peer, init } = await setup();
    const { direct } = peer.services;
    const other = peerIdOfPublicKey(publicKeyOfPrivateKey(testKey(0x55)));
    const stranger = init.gateway.replace(/[^/]+$/, other);
    const way = { localPort: 0, role: "dialler", signal: signal() } as const;
    const refused = await codeOf(direct.dial({ ...way, address: stranger }));
    expect(refused).to.have.property("name", "EncryptionFailedError");
    expect((await direct.dial({ ...way, address: init.gateway }))?.status).to.equal("open");
  });

  async function setup() {
    const gateway: GatewayFixture = await startGatewayFixture();
    running.push(() => gateway.stop());
    const peer = await createLibp2p({
      privateKey: privateKeyFromRaw(hexToBytes(KEY)),
      addresses: { listen: [] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux(MUXER_INIT)],
      services: { direct: (components: DirectComponents) => new DirectDialer(components, multiaddr) },
    });
    running.push(async () => {
      await peer.stop();
    });
    const init = {
      gateway: gatewayAddress(gateway.host, "tcp"),
      self: peer.peerId.toString(),
      domain: fizzDomain(31_337, MARKET),
    };
    return { gateway, peer, init };
  }
});
