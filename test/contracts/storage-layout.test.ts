import { expect } from "chai";
import { type Hex, keccak256, toHex } from "viem";
import { readFile } from "node:fs/promises";
import { readStorageLayouts } from "../../scripts/lib/storage-layout.ts";

/** Where the variables of clones begin (ERC-7201), so that no OpenZeppelin module can ever collide with them. */
const NAMESPACES = {
  SubnetGovernor: "fizz.storage.SubnetGovernor",
  SubnetVotes: "fizz.storage.SubnetVotes",
};

describe("storage layout", () => {
  it("is the one on record; a change on purpose is written by scripts/generate-storage-layout.ts", async () => {
    const recorded: unknown = JSON.parse(
      await readFile(new URL("storage-layout.json", import.meta.url), "utf8"),
    );
    expect(readStorageLayouts()).to.deep.equal(recorded);
  });

  for (const [contract, namespace] of Object.entries(NAMESPACES)) {
    it(`of ${contract} begins at its namespace`, () => {
      const first = Object.keys(readStorageLayouts()[contract]?.variables ?? {})[0];
      expect(first).to.equal(`${erc7201(namespace)}+0`);
    });
  }

  /** keccak256(abi.encode(uint256(keccak256(id)) - 1)) & ~0xff */
  function erc7201(id: string): Hex {
    const inner = toHex(BigInt(keccak256(toHex(id))) - 1n, { size: 32 });
    return toHex(BigInt(keccak256(inner)) & ~0xffn);
  }
});
