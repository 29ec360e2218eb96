import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { StreamPlaces } from "../../../relayer/src/domain/stream-places.ts";
import { WalletLimit } from "../../../relayer/src/domain/wallet-limit.ts";
import { CONTRACTS, hash, MARKET } from "../support/builders.ts";

describe("the limit of a wallet", () => {
  it("counts what it signed in a minute, and says how long to wait", () => {
    const { limit, refused, world } = setup(3);
    for (const item of [1, 2, 3]) limit.take(MARKET, hash(item));
    world.now += 20_000;
    const error = errorOf(() => {
      limit.take(MARKET, hash(4));
    });
    expect(error).to.include({ code: "RATE_LIMITED", retryable: true });
    expect(error.details).to.deep.equal({ retryAfterSeconds: 40 });
    expect(refused.count).to.equal(1);
    limit.take(zeroAddress, hash(4));
    world.now += 40_000;
    limit.take(MARKET, hash(4));
  });

  it("takes the same signature a few times, which uses up nothing of the wallet's other calls", () => {
    const { limit } = setup(2);
    for (let n = 0; n < 4; n += 1) limit.take(MARKET, hash(1));
    const replay = (): void => {
      limit.take(MARKET, hash(1));
    };
    for (let n = 0; n < 100; n += 1) expect(errorOf(replay).code).to.equal("RATE_LIMITED");
    limit.take(MARKET, hash(2));
  });

  it("does not lengthen a minute when the clock is set back", () => {
    const { limit, world } = setup(1);
    limit.take(MARKET, hash(1));
    world.now -= 3_600_000;
    limit.take(MARKET, hash(2));
  });

  it("counts so many wallets, and forgets the one whose minute began first", () => {
    const { limit } = setup(1, 2);
    const [first, second, third] = [CONTRACTS.nodeRegistry, CONTRACTS.subnetRegistry, MARKET];
    for (const wallet of [first, second, third]) limit.take(wallet, hash(1));
    limit.take(first, hash(2));
    const again = (): void => {
      limit.take(third, hash(2));
    };
    expect(errorOf(again).code).to.equal("RATE_LIMITED");
  });

  function setup(perMinute: number, maxWallets?: number) {
    const world = { now: 1_700_000_000_000 };
    const refused = { count: 0 };
    const limit = new WalletLimit({
      clock: () => world.now,
      perMinute: () => perMinute,
      onRefused: () => (refused.count += 1),
      ...(maxWallets === undefined ? {} : { maxWallets }),
    });
    return { world, limit, refused };
  }
});

describe("places of streams", () => {
  it("are so many of each holder and so many of all, and come back once", () => {
    let refused = 0;
    const places = new StreamPlaces({ total: 3, each: 2, onRefused: () => (refused += 1) });
    const leave = places.take("a");
    places.take("a");
    expect(errorOf(() => places.take("a")).message).to.include("You have 2");
    expect(refused).to.equal(1);
    places.take("b");
    expect(errorOf(() => places.take("c")).message).to.include("serves 3");
    expect(refused).to.equal(1);
    leave();
    leave();
    places.take("c");
    expect(errorOf(() => places.take("d")).code).to.equal("LIMIT_REACHED");
  });
});

function errorOf(act: () => unknown): ProtocolError {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
  }
  throw new Error("nothing was refused");
}
