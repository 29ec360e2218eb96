import { expect } from "chai";
import { network } from "hardhat";
import { type Hex, toHex, zeroHash } from "viem";
import { REGION } from "../support/contracts/market-fixture.ts";
import { deployRegistries } from "../support/contracts/registry-fixture.ts";

const { networkHelpers } = await network.create();

const NO_REGION = zeroHash.slice(0, 34) as Hex;
const [EAST, NORTH] = [toHex("us-east", { size: 16 }), toHex("eu-north", { size: 16 })];
/** Of NodeRecords._totals in test/contracts/storage-layout.json; the number of regions follows 32 bits of it. */
const TOTALS_SLOT = "0x2";

describe("NodeRecords: regions", () => {
  it("each code takes one number, however many nodes name it, and none takes none", async () => {
    const { nodes, newNode, regionCount, stranger, tenant, gateway, gateway2, other } = await setup();
    expect(await regionCount()).to.equal(1n);
    const wanted = [
      [stranger, EAST, 2n],
      [tenant, NO_REGION, 2n],
      [gateway, REGION, 2n],
      [gateway2, NORTH, 3n],
      [other, EAST, 3n],
    ] as const;
    for (const [wallet, region, count] of wanted) {
      const nodeId = await newNode(wallet, { region });
      expect((await nodes.read.nodeOf([nodeId])).region).to.equal(region);
      expect(await regionCount()).to.equal(count);
    }
    for (const [index, [, region]] of wanted.entries())
      expect((await nodes.read.nodeOf([4n + BigInt(index)])).region).to.equal(region);
    for (const nodeId of [1n, 2n, 3n]) expect((await nodes.read.nodeOf([nodeId])).region).to.equal(REGION);
  });

  it("where no fees wait, none are paid", async () => {
    const { nodes, stranger } = await setup();
    await nodes.write.withdrawFees({ account: stranger.account });
    expect((await nodes.simulate.withdrawFees()).result).to.equal(0n);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployRegistries);
    const { publicClient, nodes } = fixture;
    const regionCount = async (): Promise<bigint> => {
      const word = await publicClient.getStorageAt({ address: nodes.address, slot: TOTALS_SLOT });
      return (BigInt(word ?? 0) >> 32n) & 0xffffn;
    };
    return { ...fixture, regionCount };
  }
});
