import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { consentTypedData, fizzDomain } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { parseEther, parseGwei, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { testKey } from "../support/builders.ts";
import { NODE_RESOURCES } from "../support/chain-world.ts";
import { deployRelayWorld } from "../support/relay-world.ts";

const SIGNERS = 18;
const PENDING = 16;

describe("relayed requests of many signers, on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  before(async () => {
    world = await deployRelayWorld(0);
  });
  after(async () => {
    await world.anvil.stop();
  });

  it("go out sixteen at a time, each under a number of its own, and only the next one offers more", async () => {
    const { test, relay } = world;
    const signers: { account: PrivateKeyAccount; nodeId: bigint }[] = [];
    for (let n = 0; n < SIGNERS; n += 1) signers.push(await addNode(privateKeyToAccount(testKey(0x80 + n))));
    await test.setAutomine(false);
    const { desk, sender, store, finish } = world.gateway();
    for (const { account: signer, nodeId } of signers) {
      const call = { contract: "nodeRegistry", functionName: "setDraining", args: [nodeId, true] } as const;
      await desk.relay(await world.sign({ ...call, signer }));
    }
    await sender.round();
    const slots = await store.slots(relay.relayer);
    expect(slots).to.have.length(PENDING);
    const first = await world.sentCount();
    expect(slots.map(({ nonce }) => nonce)).to.deep.equal(slots.map((_, index) => first + index));
    await sender.round();
    expect(sender.status()).to.include({ queued: SIGNERS - PENDING, inFlight: PENDING });

    for (let n = 0; n < 5; n += 1) {
      await test.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("90") });
      await test.mine({ blocks: 1 });
      await sender.round();
    }
    const offers = (await store.slots(relay.relayer)).map(({ transactions }) => transactions.length);
    expect(offers[0]).to.be.above(1);
    expect(offers.slice(1)).to.deep.equal(Array<number>(PENDING - 1).fill(1));

    await test.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
    await test.mine({ blocks: 1 });
    await finish(30);
    expect(await world.sentCount()).to.equal(first + SIGNERS);
    for (const { account } of signers) expect(await world.executedOf(account.address)).to.equal(1n);
  });

  async function addNode(
    account: PrivateKeyAccount,
  ): Promise<{ account: PrivateKeyAccount; nodeId: bigint }> {
    const { contracts, client } = world;
    const owner = world.wallet(devAccount("nodeOwner").account);
    const registry = { address: contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
    const agreed = { owner: owner.account.address, operator: account.address };
    const domain = fizzDomain(world.anvil.chainId, contracts.nodeRegistry);
    const consent = await account.signTypedData(consentTypedData(domain, agreed));
    const region = toHex("eu-west", { size: 16 });
    const operator = account.address;
    const words = { mode: 0, operator, resources: NODE_RESOURCES, cpuTier: 3, gpuTier: 0, region };
    const value = parseEther("0.005");
    const register = { ...registry, functionName: "register", args: [words, consent], value } as const;
    await client.waitForTransactionReceipt({
      hash: await owner.writeContract(register),
      pollingInterval: 20,
    });
    const nodeId = await client.readContract({ ...registry, functionName: "nodeIdOf", args: [operator] });
    const join = { ...registry, functionName: "joinSubnet", args: [nodeId, 1, 1_000] } as const;
    await client.waitForTransactionReceipt({ hash: await owner.writeContract(join), pollingInterval: 20 });
    return { account, nodeId };
  }
});
