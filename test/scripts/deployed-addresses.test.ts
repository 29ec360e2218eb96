import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDeployments } from "../../scripts/lib/deployed-addresses.ts";

const ONE = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const TWO = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512";

describe("readDeployments", () => {
  it("finds the public contracts of each chain, sorted and checksummed", async () => {
    await withFolder(
      {
        "chain-11155111": { "Registries#NodeRegistry": ONE.toLowerCase(), "Market#LeaseMarket": TWO },
        "chain-10": { "Registries#SubnetRegistry": ONE },
      },
      (folder) => {
        expect(JSON.stringify(readDeployments(folder))).to.equal(
          JSON.stringify({
            10: { SubnetRegistry: ONE },
            11_155_111: { LeaseMarket: TWO, NodeRegistry: ONE },
          }),
        );
      },
    );
  });

  it("leaves out the development chain, clones and implementations, and deployments with another name", async () => {
    await withFolder(
      {
        "chain-31337": { "Registries#NodeRegistry": ONE },
        "chain-10": { "Governance#SubnetGovernor": ONE, "Subnet#SubnetRegistry": TWO },
        "my-subnet": { "Subnet#SubnetRegistry": ONE },
      },
      (folder) => {
        expect(readDeployments(folder)).to.deep.equal({ 10: { SubnetRegistry: TWO } });
      },
    );
  });

  it("is empty without deployments", () => {
    expect(readDeployments(join(tmpdir(), "no-such-folder"))).to.deep.equal({});
  });

  it("takes one address from two modules, and refuses two addresses for one contract", async () => {
    await withFolder(
      { "chain-10": { "Registries#SubnetRegistry": ONE, "Subnet#SubnetRegistry": ONE } },
      (folder) => {
        expect(readDeployments(folder)).to.deep.equal({ 10: { SubnetRegistry: ONE } });
      },
    );
    await withFolder(
      { "chain-10": { "Registries#SubnetRegistry": ONE, "Subnet#SubnetRegistry": TWO } },
      (folder) => {
        expect(() => readDeployments(folder)).to.throw(`two addresses for SubnetRegistry: ${ONE} and ${TWO}`);
      },
    );
  });

  async function withFolder(
    deployments: Record<string, Record<string, string>>,
    check: (folder: string) => void,
  ): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "fizz-deployments-"));
    try {
      for (const [name, addresses] of Object.entries(deployments)) {
        await mkdir(join(folder, name));
        await writeFile(join(folder, name, "deployed_addresses.json"), JSON.stringify(addresses));
      }
      check(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
});
