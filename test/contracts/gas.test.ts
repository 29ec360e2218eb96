import { expect } from "chai";
import { network } from "hardhat";
import { type Hash } from "viem";
import { consentTypedData } from "@fizz/protocol/typed-data";
import {
  deployMarket,
  ETHER,
  FEE,
  NATIVE,
  REASON,
  registration,
} from "../support/contracts/market-fixture.ts";

const { networkHelpers } = await network.create();

/**
 * Gas of whole transactions, from receipts (intrinsic cost and calldata included). The ceilings hold what is reached;
 * `target` is where the best comparable contracts are.
 */
const OPERATIONS = {
  "register node, with consent": { ceiling: 131_000, target: 80_000 },
  "deposit, first": { ceiling: 50_000, target: 66_000 },
  "deposit, again": { ceiling: 33_000, target: 49_000 },
  "open, first": { ceiling: 280_000, target: 150_000 },
  "open, again": { ceiling: 228_000, target: 130_000 },
  confirmStart: { ceiling: 41_000, target: 45_000 },
  "settle, first credits": { ceiling: 133_000, target: 68_000 },
  "settle, again": { ceiling: 81_000, target: 50_000 },
  "settle, one of ten": { ceiling: 33_000, target: 22_000 },
  "close with refund": { ceiling: 93_000, target: 55_000 },
  withdraw: { ceiling: 38_500, target: 47_000 },
} as const;
type Operation = keyof typeof OPERATIONS;

describe("gas", () => {
  it("stays below the ceilings", async () => {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, nodes, tenant, stranger, operator, nodeOwner, publicClient, domains } = fixture;
    const measured = new Map<Operation, number>();
    const measure = async (operation: Operation, transaction: Promise<Hash>, per = 1) => {
      const receipt = await publicClient.getTransactionReceipt({ hash: await transaction });
      measured.set(operation, Math.round(Number(receipt.gasUsed) / per));
    };
    const open = async () => {
      const quote = await fixture.makeQuote();
      return await market.write.open([quote, await fixture.signQuote(quote), fixture.terms(5_000)], {
        account: tenant.account,
      });
    };
    const start = async (lid: bigint) => {
      const { leaseHash } = await market.read.leaseOf([lid]);
      return await market.write.confirmStart([lid, leaseHash], { account: operator.account });
    };

    const consent = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, {
        owner: tenant.account.address,
        operator: stranger.account.address,
      }),
    });
    await measure(
      "register node, with consent",
      nodes.write.register([registration(stranger.account.address), consent], {
        account: tenant.account,
        value: FEE,
      }),
    );
    await measure("deposit, first", market.write.deposit({ account: stranger.account, value: ETHER }));
    await measure("deposit, again", market.write.deposit({ account: stranger.account, value: ETHER }));
    await measure("open, first", open());
    await measure("open, again", open());
    await measure("confirmStart", start(1n));
    await start(2n);
    await networkHelpers.time.increase(100);
    await measure("settle, first credits", market.write.settle([1n], { account: stranger.account }));
    await networkHelpers.time.increase(100);
    await measure("settle, again", market.write.settle([1n], { account: stranger.account }));
    await measure("close with refund", market.write.close([1n, REASON.tenant], { account: tenant.account }));
    await measure("withdraw", market.write.withdraw([NATIVE, 1_000n], { account: nodeOwner.account }));
    await measure("settle, one of ten", settleTen(), 10);

    report(measured);
    for (const [operation, { ceiling }] of Object.entries(OPERATIONS)) {
      expect(measured.get(operation as Operation), operation).to.be.at.most(ceiling);
    }

    async function settleTen() {
      await market.write.close([2n, REASON.tenant], { account: tenant.account });
      const lids: bigint[] = [];
      for (let i = 0; i < 10; i++) {
        lids.push((await fixture.startLease({ quote: { resources: (1n << 32n) | 1n } })).lid);
      }
      await networkHelpers.time.increase(100);
      return await market.write.settleMany([lids], { account: stranger.account });
    }
  });

  function report(measured: ReadonlyMap<Operation, number>): void {
    const rows = [...measured].map(([operation, gas]) => {
      const { target } = OPERATIONS[operation];
      return `      ${operation.padEnd(30)}${gas.toLocaleString("en").padStart(10)}${target.toLocaleString("en").padStart(10)}`;
    });
    process.stdout.write(
      `      ${"operation".padEnd(30)}${"gas".padStart(10)}${"target".padStart(10)}\n${rows.join("\n")}\n`,
    );
  }
});
