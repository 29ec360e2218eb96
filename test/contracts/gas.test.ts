import { network } from "hardhat";
import { consentTypedData, downtimeTypedData } from "@fizz/protocol/typed-data";
import { GasMeasures } from "../support/contracts/gas-measures.ts";
import {
  deployHoldingMarket,
  deployMarket,
  ETHER,
  FEE,
  HOLDBACK,
  NATIVE,
  OPEN_PART,
  REASON,
  registration,
  resources,
  SEALED_PART,
} from "../support/contracts/market-fixture.ts";

const { networkHelpers, viem } = await network.create();
/** A chain of its own, whose clock still stands before START. */
const { networkHelpers: holding } = await network.create();

/** Call data and signatures are the same in every run: zero bytes of them cost less. */
const START = 2_000_000_000;
const EXPIRES = { expiresAt: START + 10_000_000 };
const UPDATE_EXPIRES = START + 80_000;
const TINY = (1n << 32n) | 1n;
/** More CPU than the fixture's lease has. */
const LARGER = resources({ milliCpu: 4_000, memoryMiB: 4_096, storageGiB: 20 });

/**
 * Gas of whole transactions, from receipts (intrinsic cost and calldata included, all storage cold), held exactly
 * against gas-snapshot.json. A change that means to move them runs with UPDATE_GAS=1. What each row is made of, and
 * how it stands to its target, is in docs/GAS.md.
 */
describe("gas", () => {
  const measures = new GasMeasures("gas-snapshot.json", () => 0);

  it("of registering and of accounts", async () => {
    const { market, nodes, owner, tenant, stranger, domains, measure } = await setup();
    const consent = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, {
        owner: tenant.account.address,
        operator: stranger.account.address,
      }),
    });
    const args = [registration(stranger.account.address), consent] as const;
    await measure(
      "register node, with consent",
      nodes.write.register(args, { account: tenant.account, value: FEE }),
    );
    const deposit = async () => await market.write.deposit({ account: stranger.account, value: ETHER });
    await measure("deposit, first", deposit());
    await measure("deposit, again", deposit());
    await measure("withdraw, again", market.write.withdraw([NATIVE, 1_000n], { account: stranger.account }));
    await measure(
      "withdraw, all",
      market.write.withdraw([NATIVE, 2n * ETHER - 1_000n], { account: stranger.account }),
    );
    // A receiver that has never held any of the token: its balance is a new word of the token.
    const token = await viem.deployContract("PermitToken", []);
    const account = stranger.account;
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([account.address, 3_000n]);
    await token.write.approve([market.address, 3_000n], { account });
    await market.write.depositToken([token.address, 3_000n], { account });
    await measure("withdraw of a token, first", market.write.withdraw([token.address, 1_000n], { account }));
    await measure("withdraw of a token, again", market.write.withdraw([token.address, 1_000n], { account }));
  });

  it("of opening and starting", async () => {
    const { market, tenant, operator, makeQuote, signQuote, terms, signReceipt, openLease, measure } =
      await setup();
    const open = async () => {
      const quote = await makeQuote(EXPIRES);
      return await market.write.open([quote, await signQuote(quote), terms(5_000)], {
        account: tenant.account,
      });
    };
    await measure("open, first", open());
    await measure("open, again", open());
    const { leaseHash } = await market.read.leaseOf([1n]);
    const { leaseHash: second } = await market.read.leaseOf([2n]);
    await measure("confirmStart", market.write.confirmStart([1n, leaseHash], { account: operator.account }));
    await measure("decline", market.write.decline([2n, second, REASON.node], { account: operator.account }));
    const third = await openLease({ quote: EXPIRES });
    const fourth = await openLease({ quote: EXPIRES });
    const receipt = await signReceipt(third);
    await networkHelpers.time.increase(601);
    await measure(
      "expire, with a receipt",
      market.write.expire([third, receipt], { account: tenant.account }),
    );
    await measure("expire, without", market.write.expire([fourth, "0x"], { account: tenant.account }));
  });

  it("of settling, collecting and closing", async () => {
    const { market, tenant, stranger, nodeOwner, startLease, measure } = await setup();
    const settle = async (lid: bigint) => await market.write.settle([lid], { account: stranger.account });
    const { lid } = await startLease({ quote: EXPIRES, prepaidSeconds: 5_000 });
    await networkHelpers.time.increase(100);
    await measure("settle, first of a node and its subnet", settle(lid));
    await networkHelpers.time.increase(100);
    await measure("settle, again", settle(lid));
    await networkHelpers.time.increase(100);
    await measure("topUp", market.write.topUp([lid, 1_000n], { account: tenant.account }));
    await networkHelpers.time.increase(100);
    await measure("close with refund", market.write.close([lid, REASON.tenant], { account: tenant.account }));
    await measure("collect, first", market.write.collect([1n, 1, NATIVE], { account: stranger.account }));
    await measure(
      "collectSubnet, first",
      market.write.collectSubnet([1, NATIVE], { account: stranger.account }),
    );
    await measure(
      "withdraw of earnings",
      market.write.withdraw([NATIVE, 1_000n], { account: nodeOwner.account }),
    );
    await measure("settle, one of ten", settleTen(), 10);
    await measure("collect, again", market.write.collect([1n, 1, NATIVE], { account: stranger.account }));
    await measure(
      "collectSubnet, again",
      market.write.collectSubnet([1, NATIVE], { account: stranger.account }),
    );

    async function settleTen() {
      const lids: bigint[] = [];
      for (let i = 0; i < 10; i++)
        lids.push((await startLease({ quote: { ...EXPIRES, resources: TINY } })).lid);
      await networkHelpers.time.increase(100);
      return await market.write.settleMany([lids], { account: stranger.account });
    }
  });

  it("of settling for another node of a subnet that has earned before", async () => {
    const { market, nodes, tenant, stranger, domains, startLease, makeQuote, signQuote, terms, measure } =
      await setup();
    const { lid } = await startLease({ quote: EXPIRES });
    const consent = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, {
        owner: tenant.account.address,
        operator: stranger.account.address,
      }),
    });
    await nodes.write.register([registration(stranger.account.address), consent], {
      account: tenant.account,
      value: FEE,
    });
    await nodes.write.joinSubnet([2n, 1, 2_000], { account: stranger.account });
    const quote = await makeQuote({ ...EXPIRES, nodeId: 2n });
    await market.write.open([quote, await signQuote(quote, stranger), terms(1_000)], {
      account: tenant.account,
    });
    const { leaseHash } = await market.read.leaseOf([2n]);
    await market.write.confirmStart([2n, leaseHash], { account: stranger.account });
    await networkHelpers.time.increase(100);
    await market.write.settle([lid], { account: stranger.account });
    await measure("settle, first of a node", market.write.settle([2n], { account: stranger.account }));
  });

  it("of updates", async () => {
    const { market, tenant, operator, startLease, makeQuote, signQuote, measure } = await setup();
    const { lid } = await startLease({ quote: EXPIRES, prepaidSeconds: 50_000 });
    const update = (version: number) => ({
      openPartHash: OPEN_PART,
      sealedPartHash: SEALED_PART,
      currentSealedPartHash: SEALED_PART,
      version,
      expiresAt: UPDATE_EXPIRES + version,
    });
    const request = async (version: number) =>
      await market.write.requestUpdate([lid, update(version)], { account: tenant.account });
    const confirm = async (version: number) => {
      const { manifestHash } = await market.read.pendingUpdateOf([lid]);
      return await market.write.confirmUpdate([lid, version, manifestHash], { account: operator.account });
    };
    const quoted = async (version: number) => {
      const quote = await makeQuote({ ...EXPIRES, resources: LARGER });
      return await market.write.requestUpdateWithQuote(
        [lid, update(version), quote, await signQuote(quote)],
        { account: tenant.account },
      );
    };
    await market.write.settle([lid]);
    await measure("requestUpdate, first", request(2));
    await measure("confirmUpdate", confirm(2));
    await measure("requestUpdate, again", request(3));
    await measure(
      "declineUpdate",
      market.write.declineUpdate([lid, 3, REASON.node], { account: operator.account }),
    );
    await measure("requestUpdateWithQuote", quoted(3));
    await measure("confirmUpdate, with a quote", confirm(3));
  });

  it("of what is held back", async () => {
    const fixture = await holding.loadFixture(deployHoldingMarket);
    await holding.time.increaseTo(START);
    const { market, tenant, operator, stranger, startLease, domains } = fixture;
    const measure = measures.from(fixture.publicClient);
    const settle = async (lid: bigint) => await market.write.settle([lid], { account: stranger.account });
    const { lid } = await startLease({ quote: EXPIRES, prepaidSeconds: 50_000 });
    await holding.time.increase(HOLDBACK + 100);
    await settle(lid);
    const credit = async (cumulativeSeconds: number) =>
      await market.write.creditDowntime([lid, cumulativeSeconds], { account: operator.account });
    await holding.time.increase(100);
    await measure("creditDowntime", credit(10));
    const { leaseHash } = await market.read.leaseOf([lid]);
    const message = downtimeTypedData(domains.market, { leaseHash, cumulativeSeconds: 20 });
    const signature = await operator.signTypedData({ account: operator.account, ...message });
    await holding.time.increase(100);
    await measure(
      "creditDowntimeWithSignature",
      market.write.creditDowntimeWithSignature([lid, 20, signature], { account: tenant.account }),
    );
    await holding.time.increase(100);
    await measure(
      "close, holding back",
      market.write.close([lid, REASON.tenant], { account: tenant.account }),
    );
    await measure("creditDowntime, once closed", credit(30));
    await holding.time.increase(HOLDBACK);
    await measure("settle, once closed", settle(lid));
  });

  after("holds the measures against the snapshot", () => {
    measures.hold();
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    await networkHelpers.time.increaseTo(START);
    return { ...fixture, measure: measures.from(fixture.publicClient) };
  }
});
