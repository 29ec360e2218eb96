import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress, type Hex, parseSignature, serializeSignature } from "viem";
import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { consentTypedData, fizzDomain, quoteTypedData } from "@fizz/protocol/typed-data";
import {
  addressOf,
  deployMarket,
  ETHER,
  FEE,
  NATIVE,
  REASON,
  registration,
  SUBNET_CUT_BPS,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const LOCKED = 1_000_000n;
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** One test per known way in which markets of this kind were robbed or blocked. */
describe("attacks on coins and signatures", () => {
  it("front-run permit: the deposit goes through all the same", async () => {
    const { market, owner, stranger, tenant, chainId } = await setup();
    const token = await viem.deployContract("PermitToken");
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([stranger.account.address, 100n]);
    const deadline = 2n ** 256n - 1n;
    const message = {
      owner: stranger.account.address,
      spender: market.address,
      value: 100n,
      nonce: 0n,
      deadline,
    };
    const signature = await stranger.signTypedData({
      account: stranger.account,
      domain: { name: "Test Dollar", version: "1", chainId, verifyingContract: token.address },
      types: {
        Permit: [
          { name: "owner", type: "address" },
          { name: "spender", type: "address" },
          { name: "value", type: "uint256" },
          { name: "nonce", type: "uint256" },
          { name: "deadline", type: "uint256" },
        ],
      },
      primaryType: "Permit",
      message,
    });
    const { r, s, yParity } = parseSignature(signature);
    const v = 27 + yParity;
    await token.write.permit([message.owner, message.spender, 100n, deadline, v, r, s], {
      account: tenant.account,
    });
    await market.write.depositWithPermit([token.address, 100n, deadline, v, r, s], {
      account: stranger.account,
    });
    expect(await market.read.accountOf([stranger.account.address, token.address])).to.equal(100n);
  });

  it("fee-on-transfer token: what arrives is what is credited", async () => {
    const { market, stranger, hostileToken } = await setup();
    const token = await hostileToken();
    await token.write.setFee([1_000n]);
    await market.write.depositToken([token.address, 1_000n], { account: stranger.account });
    expect(await market.read.accountOf([stranger.account.address, token.address])).to.equal(900n);
    expect(await token.read.balanceOf([market.address])).to.equal(900n);
  });

  it("token callback re-enters a deposit: nothing is counted twice", async () => {
    const { market, stranger, hostileToken } = await setup();
    const token = await hostileToken();
    await token.write.setTarget([market.address]);
    await assertions.revertWithCustomError(
      market.write.depositToken([token.address, 1_000n], { account: stranger.account }),
      market,
      "ReentrancyGuardReentrantCall",
    );
    expect(await market.read.accountOf([stranger.account.address, token.address])).to.equal(0n);
  });

  it("blocked receiver: a token that refuses one party blocks that party only", async () => {
    const { market, tenant, stranger, nodeOwner, startLease, hostileToken, ledger, collectAll } =
      await setup();
    const token = await hostileToken();
    await token.write.mint([tenant.account.address, LOCKED]);
    await token.write.approve([market.address, LOCKED], { account: tenant.account });
    await market.write.depositToken([token.address, LOCKED], { account: tenant.account });
    const { lid } = await startLease({ quote: { token: token.address } });
    await token.write.blockAccount([nodeOwner.account.address]);
    await networkHelpers.time.increase(2_000);
    await market.write.close([lid, REASON.tenant], { account: stranger.account });
    const { node, subnet } = await ledger(token.address);
    expect([node, subnet]).to.deep.equal([850_000n, 100_000n]);
    await collectAll(token.address);
    await assertions.revertWithCustomErrorWithArgs(
      market.write.withdraw([token.address, node], { account: nodeOwner.account }),
      token,
      "HostileToken_Blocked",
      [addressOf(nodeOwner)],
    );
  });

  it("refusing receiver: a contract that takes no coin blocks nobody's close", async () => {
    const { market, nodes, tenant, stranger, makeQuote, signQuote, terms, domains } = await setup();
    const owner = await viem.deployContract("HostileReceiver", [market.address]);
    const consent = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, { owner: owner.address, operator: stranger.account.address }),
    });
    const register = encodeFunctionData({
      abi: nodeRegistryAbi,
      functionName: "register",
      args: [registration(stranger.account.address), consent],
    });
    await owner.write.execute([nodes.address, register], { account: stranger.account, value: FEE });
    await nodes.write.joinSubnet([2n, 1, SUBNET_CUT_BPS], { account: stranger.account });
    const quote = await makeQuote({ nodeId: 2n });
    await market.write.open([quote, await signQuote(quote, stranger), terms(1_000)], {
      account: tenant.account,
    });
    const { leaseHash } = await market.read.leaseOf([1n]);
    await market.write.confirmStart([1n, leaseHash], { account: stranger.account });
    await networkHelpers.time.increase(2_000);
    await market.write.close([1n, REASON.tenant], { account: tenant.account });
    await market.write.collect([2n, 1, NATIVE], { account: stranger.account });
    expect(await market.read.accountOf([owner.address, NATIVE])).to.equal(850_000n);
    const refused = market.simulate.withdraw([NATIVE, 850_000n], { account: owner.address });
    await assertions.revertWithCustomErrorWithArgs(
      refused.then(({ result }) => result as never),
      market,
      "LeaseMarket_TransferFailed",
      [getAddress(owner.address), 850_000n],
    );
  });

  it("re-entered withdrawal: the second one fails and so does the first", async () => {
    const { market, stranger } = await setup();
    const thief = await viem.deployContract("HostileReceiver", [market.address]);
    await thief.write.deposit({ account: stranger.account, value: 2n * ETHER });
    await thief.write.setMood([1]);
    await assertions.revertWithCustomErrorWithArgs(
      thief.write.withdraw([ETHER], { account: stranger.account }),
      market,
      "LeaseMarket_TransferFailed",
      [getAddress(thief.address), ETHER],
    );
    expect(await market.read.accountOf([thief.address, NATIVE])).to.equal(2n * ETHER);
    await thief.write.setMood([2]);
    await assertions.balancesHaveChanged(thief.write.withdraw([ETHER], { account: stranger.account }), [
      { address: thief.address, amount: ETHER },
    ]);
  });

  it("forced coin: fees and accounts are counted, never the balance", async () => {
    const { market, nodes, stranger, feeReceiver, ledger, coins } = await setup();
    const before = await ledger();
    await networkHelpers.setBalance(market.address, (await coins()) + ETHER);
    await networkHelpers.setBalance(nodes.address, FEE + ETHER);
    expect(await ledger()).to.deep.equal(before);
    expect(await nodes.read.feesCollected()).to.equal(FEE);
    await assertions.balancesHaveChanged(nodes.write.withdrawFees({ account: stranger.account }), [
      { address: addressOf(feeReceiver), amount: FEE },
    ]);
  });

  it("signature malleability: the mirrored signature is none", async () => {
    const { market, tenant, makeQuote, signQuote, terms } = await setup();
    const quote = await makeQuote();
    await assertions.revertWithCustomError(
      market.write.open([quote, mirrored(await signQuote(quote)), terms(1_000)], { account: tenant.account }),
      market,
      "LeaseMarket_BadQuoteSignature",
    );
  });

  it("cross-chain and cross-contract replay: a signature holds for one chain and one contract", async () => {
    const { market, tenant, operator, makeQuote, terms, chainId, nodes } = await setup();
    const quote = await makeQuote();
    for (const domain of [fizzDomain(chainId + 1, market.address), fizzDomain(chainId, nodes.address)]) {
      const signature = await operator.signTypedData({
        account: operator.account,
        ...quoteTypedData(domain, quote),
      });
      await assertions.revertWithCustomError(
        market.write.open([quote, signature, terms(1_000)], { account: tenant.account }),
        market,
        "LeaseMarket_BadQuoteSignature",
      );
    }
  });

  it("fee spent twice: one value pays one registration", async () => {
    const { nodes, stranger } = await setup();
    await assertions.revertWithCustomErrorWithArgs(
      nodes.write.register([registration(stranger.account.address), "0x"], {
        account: stranger.account,
        value: 2n * FEE,
      }),
      nodes,
      "NodeRegistry_WrongFee",
      [2n * FEE, FEE],
    );
  });

  it("hijacked operator key: a stranger cannot register somebody's key as its own node", async () => {
    const { nodes, stranger, gateway } = await setup();
    await assertions.revertWithCustomError(
      nodes.write.register([registration(gateway.account.address), "0x"], {
        account: stranger.account,
        value: FEE,
      }),
      nodes,
      "NodeRegistry_BadConsent",
    );
    expect(await nodes.read.nodeIdOf([gateway.account.address])).to.equal(0n);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, owner, stranger } = fixture;
    const hostileToken = async () => {
      const token = await viem.deployContract("HostileToken");
      await market.write.setTokenAllowed([token.address, true], { account: owner.account });
      await token.write.mint([stranger.account.address, 10_000n]);
      await token.write.approve([market.address, 10_000n], { account: stranger.account });
      return token;
    };
    return { ...fixture, hostileToken };
  }

  function mirrored(signature: Hex): Hex {
    const { r, s, yParity } = parseSignature(signature);
    const flipped = `0x${(CURVE_ORDER - BigInt(s)).toString(16).padStart(64, "0")}` as const;
    return serializeSignature({ r, s: flipped, yParity: yParity === 0 ? 1 : 0 });
  }
});
