import { expect } from "chai";
import { network } from "hardhat";
import { type Abi, concatHex, encodeFunctionData, type Hex, keccak256, toHex } from "viem";
import { leaseMarketAbi } from "@fizz/protocol/chain";
import {
  addressOf,
  deployHoldingMarket,
  deployMarket,
  ETHER,
  NATIVE,
  OPEN_PART,
  REASON,
  SEALED_PART,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const GAS = 5_000_000n;
const STATE = { active: 2, closed: 4 };
const types = {
  ForwardRequest: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "gas", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint48" },
    { name: "data", type: "bytes" },
  ],
} as const;

/** The stranger plays the gateway that pays for the gas. */
describe("LeaseMarket: relayed requests", () => {
  it("takes the signer for the caller: open, confirmStart, close", async () => {
    const { market, tenant, operator, makeQuote, signQuote, terms, relay } = await setup();
    const quote = await makeQuote({ tenant: tenant.account.address });
    await relay(tenant, call("open", [quote, await signQuote(quote), terms(1_000)]));
    const { tenant: owner, leaseHash } = await market.read.leaseOf([1n]);
    expect(owner).to.equal(addressOf(tenant));
    await relay(operator, call("confirmStart", [1n, leaseHash]));
    expect((await market.read.leaseOf([1n])).state).to.equal(STATE.active);
    await relay(tenant, call("close", [1n, REASON.tenant]));
    expect((await market.read.leaseOf([1n])).state).to.equal(STATE.closed);
  });

  it("passes the sender on to updates and downtime credits, which run in another contract", async () => {
    const { market, tenant, operator, stranger, startLease, now, relay } = await setup();
    const { lid } = await startLease({ prepaidSeconds: 5_000 });
    const { manifestHash } = await market.read.leaseOf([lid]);
    const request = {
      openPartHash: manifestHash,
      sealedPartHash: manifestHash,
      currentSealedPartHash: manifestHash,
      version: 2,
      expiresAt: (await now()) + 600,
    };
    // Not the tenant, and the tenant with a wrong open part: each meets its own refusal.
    await assertions.revertWithCustomErrorWithArgs(
      market.write.requestUpdate([lid, request], { account: stranger.account }),
      market,
      "LeaseMarket_NotTenant",
      [lid, addressOf(stranger)],
    );
    const { forwarder } = await setup();
    await assertions.revertWithCustomError(
      relay(tenant, call("requestUpdate", [lid, request])),
      forwarder,
      "FailedCall",
    );
    await assertions.revertWithCustomError(
      relay(operator, call("creditDowntime", [lid, 1])),
      forwarder,
      "FailedCall",
    );
  });

  it("lets the tenant ask for an update and the operator take it, neither of whom pays for gas", async () => {
    const { market, tenant, operator, startLease, now, relay } = await setup();
    const { lid } = await startLease({ prepaidSeconds: 5_000 });
    const request = {
      openPartHash: OPEN_PART,
      sealedPartHash: keccak256(toHex("new sealed part")),
      currentSealedPartHash: SEALED_PART,
      version: 2,
      expiresAt: (await now()) + 600,
    };
    await relay(tenant, call("requestUpdate", [lid, request]));
    const { manifestHash } = await market.read.pendingUpdateOf([lid]);
    await relay(operator, call("confirmUpdate", [lid, 2, manifestHash]));
    const lease = await market.read.leaseOf([lid]);
    expect([lease.version, lease.manifestHash]).to.deep.equal([2, manifestHash]);
  });

  it("lets the operator credit downtime without gas of its own", async () => {
    const { market, operator, startLease, relay } = await setup(deployHoldingMarket);
    const { lid } = await startLease({ prepaidSeconds: 50_000 });
    await networkHelpers.time.increase(100);
    await relay(operator, call("creditDowntime", [lid, 10]));
    expect(await market.read.downtimeOf([lid])).to.equal(10);
  });

  it("pays a withdrawal to the signer, not to who relays it", async () => {
    const { market, tenant, stranger, relay } = await setup();
    const relayed = relay(tenant, call("withdraw", [NATIVE, ETHER]));
    await assertions.balancesHaveChanged(relayed, [
      { address: addressOf(tenant), amount: ETHER },
      { address: market.address, amount: -ETHER },
    ]);
    expect(await market.read.accountOf([stranger.account.address, NATIVE])).to.equal(0n);
    expect(await market.read.accountOf([tenant.account.address, NATIVE])).to.equal(9n * ETHER);
  });

  it("refuses a replay, an expired request, and one that another signed", async () => {
    const { forwarder, tenant, stranger, sign, execute, now } = await setup();
    const request = await sign(tenant, call("withdraw", [NATIVE, 1n]));
    await execute(request);
    await assertions.revertWithCustomError(execute(request), forwarder, "ERC2771ForwarderInvalidSigner");
    const late = await sign(tenant, call("withdraw", [NATIVE, 1n]), { deadline: (await now()) - 1 });
    await assertions.revertWithCustomErrorWithArgs(
      execute(late),
      forwarder,
      "ERC2771ForwarderExpiredRequest",
      [late.deadline],
    );
    const foreign = await sign(stranger, call("withdraw", [NATIVE, 1n]));
    await assertions.revertWithCustomError(
      execute({ ...foreign, from: tenant.account.address }),
      forwarder,
      "ERC2771ForwarderInvalidSigner",
    );
  });

  it("believes no sender that anybody but the forwarder appends", async () => {
    const { market, tenant, stranger } = await setup();
    const data = concatHex([call("withdraw", [NATIVE, ETHER]), tenant.account.address]);
    await assertions.revertWithCustomErrorWithArgs(
      stranger.sendTransaction({ account: stranger.account, to: market.address, data, gas: GAS }),
      market,
      "LeaseMarket_InsufficientFree",
      [addressOf(stranger), NATIVE, 0n, ETHER],
    );
  });

  it("a forwarder that the market does not know relays nothing", async () => {
    const { market, tenant, sign, stranger } = await setup();
    const other = await viem.deployContract("FizzForwarder");
    const request = await sign(tenant, call("withdraw", [NATIVE, 1n]), { forwarder: other.address });
    await assertions.revertWithCustomError(
      other.write.execute([request], { account: stranger.account }),
      other,
      "ERC2771UntrustfulTarget",
    );
    expect(await market.read.isTrustedForwarder([other.address])).to.equal(false);
  });

  it("the code of the amendments holds nothing of its own when it is called directly", async () => {
    const { nodes, subnets, forwarder, tenant } = await setup();
    const amendments = await viem.deployContract("LeaseAmendments", [
      nodes.address,
      subnets.address,
      0,
      forwarder.address,
    ]);
    const asMarket = await viem.getContractAt("LeaseMarket", amendments.address);
    await assertions.revertWithCustomErrorWithArgs(
      amendments.write.declineUpdate([1n, 2, REASON.tenant], { account: tenant.account }),
      asMarket,
      "LeaseMarket_LeaseNotFound",
      [1n],
    );
  });

  async function setup(deploy = deployMarket) {
    const fixture = await networkHelpers.loadFixture(deploy);
    const { market, forwarder, stranger, chainId, now } = fixture;
    type Wallet = typeof stranger;
    const sign = async (signer: Wallet, data: Hex, changes: { deadline?: number; forwarder?: Hex } = {}) => {
      const verifyingContract = changes.forwarder ?? forwarder.address;
      const from = signer.account.address;
      const nonce = changes.forwarder === undefined ? await forwarder.read.nonces([from]) : 0n;
      const deadline = changes.deadline ?? (await now()) + 3_600;
      const message = { from, to: market.address, value: 0n, gas: GAS, deadline, data };
      const signature = await signer.signTypedData({
        account: signer.account,
        domain: { name: "FizzForwarder", version: "1", chainId, verifyingContract },
        types,
        primaryType: "ForwardRequest",
        message: { ...message, nonce },
      });
      return { ...message, signature };
    };
    const execute = async (request: Awaited<ReturnType<typeof sign>>) =>
      await forwarder.write.execute([request], { account: stranger.account });
    const relay = async (signer: Wallet, data: Hex) => await execute(await sign(signer, data));
    return { ...fixture, sign, execute, relay };
  }
});

/** Calldata of a call of the market. */
function call(functionName: string, args: readonly unknown[]): Hex {
  const abi: Abi = leaseMarketAbi;
  return encodeFunctionData({ abi, functionName, args });
}
