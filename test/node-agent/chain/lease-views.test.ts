import { expect } from "chai";
import { type Hash, keccak256, stringToBytes } from "viem";
import {
  type HeadBlock,
  type LeaseChange,
  type LeaseSource,
  LeaseViewCache,
} from "../../../node-agent/src/chain/lease-views.ts";
import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { Random } from "../../support/fuzz/random.ts";
import { leaseRecord } from "../support/builders.ts";

const LIDS = Array.from({ length: 40 }, (_, index) => BigInt(index + 1));
const FEW = LIDS.slice(0, 12);
const DEPTH = 2n;

describe("LeaseViewCache", () => {
  it("tells at every look what the chain has, through events, gaps, reorgs and an RPC that fails", async () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const random = new Random(seed);
      const chain = new ChainModel();
      const cache = new LeaseViewCache(chain);
      for (let step = 0; step < 40; step += 1) {
        if (random.chance(0.15)) chain.dropTo(random.below(5));
        for (let blocks = random.below(4); blocks > 0; blocks -= 1)
          chain.mine(FEW.filter(() => random.chance(0.1)));
        const lids = FEW.filter(() => random.chance(0.95));
        chain.failsAfter = random.chance(0.1) ? random.below(30) : undefined;
        const read = await cache
          .read(() => Promise.resolve(lids), chain.head, chain.depth)
          .catch(() => undefined);
        chain.failsAfter = undefined;
        if (read !== undefined) expect(read, `seed ${seed}, step ${step}`).to.deep.equal(chain.viewsOf(lids));
      }
    }
  });

  it("reads five leases each fifth time while nothing happens, and those that changed twice: at the head, and at depth", async () => {
    const chain = new ChainModel();
    const cache = new LeaseViewCache(chain);
    const look = async (): Promise<number> => {
      chain.reads = 0;
      await cache.read(() => Promise.resolve(LIDS), chain.head, chain.depth);
      return chain.reads;
    };
    const counts: number[] = [];
    for (let block = 0; block < 11; block += 1) {
      chain.mine(block === 5 ? LIDS.slice(30, 33) : []);
      counts.push(await look());
    }
    // All of both views at first, those at depth until they are younger; then the changed ones, and five of both views in turn.
    expect(counts).to.deep.equal([80, 40, 40, 0, 10, 3, 0, 3, 0, 10, 0]);
  });
});

/** Blocks in which leases get new versions. */
class ChainModel implements LeaseSource {
  #blocks: { readonly hash: Hash; readonly parentHash: Hash; readonly changed: readonly bigint[] }[] = [];
  #made = 0;
  reads = 0;
  /** Calls that succeed before one fails. */
  failsAfter: number | undefined;

  constructor() {
    for (let block = 0; block < 10; block += 1) this.mine([]);
  }

  get head(): HeadBlock {
    const block = this.#blocks.at(-1);
    if (block === undefined) throw new Error("there is no block");
    return { number: BigInt(this.#blocks.length - 1), hash: block.hash, parentHash: block.parentHash };
  }

  get depth(): bigint {
    return this.head.number - DEPTH;
  }

  mine(changed: readonly bigint[]): void {
    this.#made += 1;
    const parentHash = this.#blocks.at(-1)?.hash ?? "0x";
    this.#blocks.push({ hash: keccak256(stringToBytes(`block ${this.#made}`)), parentHash, changed });
  }

  /** Takes the newest blocks away; something else comes in their place. */
  dropTo(blocks: number): void {
    this.#blocks = this.#blocks.slice(0, this.#blocks.length - blocks);
    this.mine([]);
  }

  viewsOf(lids: readonly bigint[]) {
    return new Map(
      lids.map((lid) => [
        lid,
        { head: this.#recordAt(lid, this.head.number), confirmed: this.#recordAt(lid, this.depth) },
      ]),
    );
  }

  async blockHash(number: bigint): Promise<Hash | undefined> {
    await this.#answer();
    return this.#blocks[Number(number)]?.hash;
  }

  async changes(lids: readonly bigint[], from: bigint, to: bigint): Promise<LeaseChange[]> {
    await this.#answer();
    return this.#blocks.flatMap(({ changed }, index) => {
      const block = BigInt(index);
      if (block < from || block > to) return [];
      return changed.filter((lid) => lids.includes(lid)).map((lid) => ({ lid, block }));
    });
  }

  async leaseAt(lid: bigint, block: bigint): Promise<LeaseRecord | undefined> {
    await this.#answer();
    this.reads += 1;
    return this.#recordAt(lid, block);
  }

  #recordAt(lid: bigint, block: bigint): LeaseRecord | undefined {
    let version = 0;
    for (let at = 0; at <= Number(block); at += 1)
      if (this.#blocks[at]?.changed.includes(lid) === true) version += 1;
    return leaseRecord({ lid, version });
  }

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.failsAfter === undefined) return;
    this.failsAfter -= 1;
    if (this.failsAfter < 0) throw new Error("The chain does not answer.");
  }
}
