import { expect } from "chai";
import { network } from "hardhat";
import { addressOf, FEE, registration, STAKE, subnetSettings } from "../support/contracts/market-fixture.ts";
import { deployRegistries, NODE_STATUS } from "../support/contracts/registry-fixture.ts";
import { signForwardRequest } from "../support/contracts/forward.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("FizzForwarder", () => {
  it("carries an operator's join, paid by somebody else", async () => {
    const { nodes, carry, sign, operator, stranger } = await setup();
    const before = await balanceOf(addressOf(operator));
    const request = await sign(operator, "joinSubnet", [1n, 2, 1_500]);
    await assertions.emitWithArgs(carry(request, stranger), nodes, "SubnetJoined", [1n, 2, 1_500]);
    expect(await nodes.read.membershipOf([1n, 2])).to.deep.equal([true, 1_500]);
    expect(await balanceOf(addressOf(operator))).to.equal(before);
  });

  it("carries an owner's exit and a governor's cut", async () => {
    const { nodes, subnets, carry, sign, nodeOwner, gateway } = await setup();
    await assertions.emitWithArgs(
      carry(await sign(nodeOwner, "requestExit", [1n])),
      nodes,
      "NodeStatusChanged",
      [1n, NODE_STATUS.exiting],
    );
    await carry(await sign(gateway, "setCut", [1, 10], subnets));
    expect((await subnets.read.cutOf([1]))[1]).to.equal(10);
  });

  it("carries the owner of the protocol as well", async () => {
    const { nodes, carry, sign, owner, stranger } = await setup();
    await carry(await sign(owner, "setFeeReceiver", [addressOf(stranger)]));
    expect(await nodes.read.feeReceiver()).to.equal(addressOf(stranger));
  });

  it("carries a request once", async () => {
    const { forwarder, nodes, carry, sign, operator } = await setup();
    const request = await sign(operator, "joinSubnet", [1n, 2, 1_500]);
    await carry(request);
    await nodes.write.leaveSubnet([1n, 2], { account: operator.account });
    await assertions.revertWithCustomError(carry(request), forwarder, "ERC2771ForwarderInvalidSigner");
    expect(await nodes.read.membershipOf([1n, 2])).to.deep.equal([false, 0]);
  });

  it("carries no request after its deadline", async () => {
    const { forwarder, carry, sign, operator, now } = await setup();
    const request = await sign(operator, "joinSubnet", [1n, 2, 1_500]);
    await networkHelpers.time.increaseTo(request.deadline + 1);
    await assertions.revertWithCustomErrorWithArgs(
      carry(request),
      forwarder,
      "ERC2771ForwarderExpiredRequest",
      [request.deadline],
    );
    expect(await now()).to.be.above(request.deadline);
  });

  it("carries no request that another key signed", async () => {
    const { forwarder, carry, sign, operator, stranger } = await setup();
    const request = await sign(stranger, "joinSubnet", [1n, 2, 1_500]);
    await assertions.revertWithCustomError(
      carry({ ...request, from: addressOf(operator) }),
      forwarder,
      "ERC2771ForwarderInvalidSigner",
    );
    await assertions.revertWithCustomError(carry(request), forwarder, "FailedCall");
  });

  it("carries no request to a contract that does not trust it", async () => {
    const { forwarder, carry, sign, operator, wallet } = await setup();
    const request = await sign(operator, "joinSubnet", [1n, 2, 1_500]);
    await assertions.revertWithCustomError(
      carry({ ...request, to: wallet.address }),
      forwarder,
      "ERC2771UntrustfulTarget",
    );
  });

  it("is the only one that may name another caller: bytes appended to a direct call name nobody", async () => {
    const { nodes, sign, operator, stranger } = await setup();
    const { data } = await sign(operator, "joinSubnet", [1n, 2, 1_500]);
    const forged = `${data}${addressOf(operator).slice(2)}` as const;
    await assertions.revertWithCustomErrorWithArgs(
      stranger.sendTransaction({ to: nodes.address, data: forged }),
      nodes,
      "NodeRegistry_NotOwnerOrOperator",
      [1n, addressOf(stranger)],
    );
  });

  it("takes no registration without its fee; the owner pays it in a transaction of its own", async () => {
    const { forwarder, nodes, carry, sign, stranger } = await setup();
    const args = [registration(addressOf(stranger)), "0x"] as const;
    await assertions.revertWithCustomError(
      carry(await sign(stranger, "register", args)),
      forwarder,
      "FailedCall",
    );
    await nodes.write.register([args[0], "0x"], { account: stranger.account, value: FEE });
    expect(await nodes.read.nodeIdOf([addressOf(stranger)])).to.equal(4n);
  });

  it("makes the signer the owner where a relayer chooses to pay its fee or its stake", async () => {
    const { nodes, subnets, carry, sign, stranger, other, helper } = await setup();
    const register = await sign(stranger, "register", [registration(addressOf(stranger)), "0x"], nodes, FEE);
    await carry(register, helper, FEE);
    expect(await nodes.read.ownerOf([4n])).to.equal(addressOf(stranger));
    const settings = subnetSettings(addressOf(other));
    await carry(await sign(other, "registerSubnet", [settings], subnets, STAKE), helper, STAKE);
    expect((await subnets.read.cutOf([3]))[0]).to.equal(addressOf(other));
  });

  async function balanceOf(address: `0x${string}`) {
    return await (await viem.getPublicClient()).getBalance({ address });
  }

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployRegistries);
    const { forwarder, nodes, stranger, chainId, now } = fixture;
    type Signer = typeof stranger;
    const sign = async (
      signer: Signer,
      functionName: string,
      args: readonly unknown[],
      to: typeof nodes | (typeof fixture)["subnets"] = nodes,
      value = 0n,
      // eslint-disable-next-line max-params -- a test reads better with the call written out
    ) =>
      await signForwardRequest({
        ...{ forwarder, chainId, signer, to, functionName, args, value },
        deadline: (await now()) + 600,
      });
    const carry = async (request: Awaited<ReturnType<typeof sign>>, by: Signer = stranger, value = 0n) =>
      await forwarder.write.execute([request], { account: by.account, value });
    return { ...fixture, sign, carry };
  }
});
