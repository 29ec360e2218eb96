import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subnetRegistryAbi } from "@fizz/protocol/chain";
import { type Address, createPublicClient, http } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { register } from "../../relayer/src/commands/register.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { writeKeystores } from "../../scripts/lib/write-keystores.ts";
import { codeOf } from "../support/code-of.ts";
import { deployChainWorld } from "./support/chain-world.ts";

describe("the gateway's register", function () {
  this.timeout(120_000);
  const dir = mkdtempSync(join(tmpdir(), "fizz-register-"));
  const keys = { operator: generatePrivateKey(), second: generatePrivateKey() };
  const owner = devAccount("gatewayOwner");
  let world: Awaited<ReturnType<typeof deployChainWorld>>;
  let written: Awaited<ReturnType<typeof writeKeystores<"operator" | "second" | "owner">>>;
  before(async () => {
    world = await deployChainWorld();
    written = await writeKeystores(dir, { ...keys, owner: owner.privateKey });
  });
  after(async () => {
    await world.anvil.stop();
    rmSync(dir, { recursive: true });
  });

  it("stakes with the owner's key, whose file is named behind the command", async () => {
    const [line] = await run("operator", { ownerKeystore: written.files.owner });
    const { event, outcome } = JSON.parse(line ?? "") as { event: string; outcome: string };
    expect([event, outcome]).to.deep.equal(["subnet.registered", "registered"]);
    expect(await ownerOf(privateKeyToAddress(keys.operator))).to.equal(owner.account.address);
  });

  it("prints what the owner is to send, as JSON lines and nothing else, and sends nothing", async () => {
    const options = { unsigned: true, owner: owner.account.address };
    const lines = await run("second", options);
    expect(lines.map((line) => (JSON.parse(line) as { what: string }).what)).to.deep.equal([
      "registerSubnet",
    ]);
    expect(await ownerOf(privateKeyToAddress(keys.second))).to.equal(undefined);
    expect(await run("operator", options), "the chain has all of it").to.deep.equal([]);
  });

  it("does nothing for an owner that is no address, or without the gateway's password", async () => {
    for (const typed of [undefined, "0x1"])
      expect(await codeOf(run("second", { unsigned: true, owner: typed }))).to.equal("USAGE");
    const options = { unsigned: true, owner: owner.account.address };
    expect(await codeOf(run("second", options, ""))).to.equal("CONFIG_INVALID");
  });

  async function run(
    name: "operator" | "second",
    options: Partial<Parameters<typeof register>[1]>,
    passwordFile = written.passwordFile,
  ): Promise<string[]> {
    const lines: string[] = [];
    const readConfig = (): ReturnType<typeof loadConfig> =>
      loadConfig(undefined, {
        FIZZ_RPC_URL: world.anvil.rpcUrl,
        FIZZ_CONTRACTS: JSON.stringify(world.contracts),
        FIZZ_GATEWAY_KEY_FILE: written.files[name],
        FIZZ_GATEWAY_PASSWORD_FILE: passwordFile,
        FIZZ_GATEWAY_OWNER_PASSWORD_FILE: written.passwordFile,
        FIZZ_GATEWAY_API_URL: "https://gw.example.org",
        FIZZ_GATEWAY_PUBLIC_HOST: "gw.example.org",
      });
    const print = (line: string): unknown => lines.push(line);
    const context = { configFile: undefined, readConfig, print, askSecret: undefined };
    const standard = { ownerKeystore: undefined, unsigned: false, owner: undefined };
    await register(context, { ...standard, ...options });
    return lines;
  }

  async function ownerOf(operator: Address): Promise<Address | undefined> {
    const registry = { address: world.contracts.subnetRegistry, abi: subnetRegistryAbi } as const;
    const client = createPublicClient({ transport: http(world.anvil.rpcUrl) });
    const subnetId = await client.readContract({
      ...registry,
      functionName: "subnetIdOf",
      args: [operator],
    });
    if (subnetId === 0) return undefined;
    const subnet = await client.readContract({
      ...registry,
      functionName: "subnetOf",
      args: [subnetId],
    });
    return subnet.owner;
  }
});
