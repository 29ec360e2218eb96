import { recoverForwardRequestSigner } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { codeOf } from "../../support/code-of.ts";
import { deployRelayWorld } from "../support/relay-world.ts";

describe("relayed requests that come again, or at once, on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  let snapshot: `0x${string}`;
  before(async () => {
    world = await deployRelayWorld(4);
  });
  after(async () => {
    await world.anvil.stop();
  });
  beforeEach(async () => {
    snapshot = await world.test.snapshot();
  });
  afterEach(async () => {
    await world.test.revert({ id: snapshot });
  });

  it("takes the same request again without doing it again", async () => {
    const { desk, finish, outcomes } = world.gateway();
    const signed = await world.confirm(0);
    const { id } = await desk.relay(signed);
    expect((await desk.relay(signed)).id).to.equal(id);
    const count = await world.sentCount();
    await finish();
    expect((await desk.relay(signed)).state).to.equal("final");
    await finish();
    expect(await world.sentCount()).to.equal(count + 1);
    expect(outcomes.filter((outcome) => outcome === "accepted")).to.have.length(1);
    // A gateway that has forgotten it asks the chain.
    expect(await codeOf(world.gateway().desk.relay(signed))).to.equal("REQUEST_OUT_OF_ORDER");
  });

  it("judges requests that come at once one after the other", async () => {
    const { desk, store, outcomes } = world.gateway({
      policy: { perSigner: { requests: 2, gas: 10n ** 9n } },
    });
    const signed = await world.confirm(0);
    const twin = await world.confirm(0, { gas: 210_000n });
    const codes = await Promise.all([signed, signed, twin].map((entry) => codeOf(desk.relay(entry))));
    expect(codes.filter((code) => code === "(no error)")).to.have.length.of.at.least(1);
    expect(await store.countLive()).to.equal(1);
    expect(outcomes.filter((outcome) => outcome === "accepted")).to.have.length(1);
    const next = await Promise.all(
      [1, 2].map((index) => world.confirm(index, { nonce: 1n, gas: 200_000n + BigInt(index) })),
    );
    const second = await Promise.all(next.map((entry) => codeOf(desk.relay(entry))));
    expect(second.filter((code) => code === "(no error)")).to.have.length(1);
    expect(await codeOf(desk.relay(await world.confirm(3, { nonce: 2n })))).to.equal("QUOTA_EXCEEDED");
  });

  it("refuses other forms of a good signature, which the forwarder does not take, and takes the good one after", async () => {
    const { desk, store } = world.gateway();
    const first = await world.confirm(0);
    await desk.relay(first);
    // One that waits is not run through the forwarder.
    const good = await world.confirm(1, { nonce: first.request.nonce + 1n });
    const [r, s, v] = [
      good.signature.slice(2, 66),
      BigInt(`0x${good.signature.slice(66, 130)}`),
      Number(`0x${good.signature.slice(130)}`),
    ];
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const forms = [
      [order - s, 55 - v],
      [s, v - 27],
    ] as const;
    for (const [otherS, otherV] of forms) {
      const signature =
        `0x${r}${otherS.toString(16).padStart(64, "0")}${otherV.toString(16).padStart(2, "0")}` as const;
      expect(await recoverForwardRequestSigner(world.domain, { ...good, signature })).to.equal(
        good.request.from,
      );
      expect(await codeOf(desk.relay({ ...good, signature }))).to.equal("REQUEST_INVALID");
    }
    expect(await store.countLive()).to.equal(1);
    await desk.relay(good);
    expect(await store.countLive()).to.equal(2);
  });
});
