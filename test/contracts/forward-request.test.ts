import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData } from "viem";
import {
  forwarderDomain,
  type ForwardRequest,
  forwardRequestId,
  forwardRequestTypedData,
  forwardRequestTypes,
  recoverForwardRequestSigner,
} from "@fizz/protocol/typed-data";
import { addressOf, deployMarket } from "../support/contracts/market-fixture.ts";

const connection = await network.create();
const { viem, networkHelpers } = connection;

/** What is signed for a relay lives in protocol/typed-data. The forwarder must mean the same bytes. */
describe("ForwardRequest of the forwarder and of protocol/typed-data", () => {
  it("agrees on the domain", async () => {
    const { forwarder, domain } = await setup();
    const [, name, version, chainId, verifyingContract] = await forwarder.read.eip712Domain();
    expect({ name, version, chainId: Number(chainId), verifyingContract }).to.deep.equal(domain);
  });

  it("is taken as it is signed, and executed", async () => {
    const { forwarder, nodes, signed, request, domain, operator, stranger } = await setup();
    expect(await recoverForwardRequestSigner(domain, signed)).to.equal(request.from);
    expect(await forwarder.read.verify([dataOf(signed)])).to.equal(true);
    await forwarder.write.execute([dataOf(signed)], { account: stranger.account });
    expect((await nodes.read.membershipOf([1n, 1]))[1]).to.equal(777);
    expect(await forwarder.read.nonces([addressOf(operator)])).to.equal(1n);
  });

  it("is another request after any change: every field moves the digest in both", async () => {
    const { forwarder, request, signed, domain, operator, stranger } = await setup();
    const changes: Partial<ForwardRequest>[] = [
      { from: addressOf(stranger) },
      { to: forwarder.address },
      { value: 1n },
      { gas: request.gas + 1n },
      { nonce: 1n },
      { deadline: request.deadline + 1 },
      { data: `${request.data}00` },
    ];
    expect(changes).to.have.length(forwardRequestTypes.ForwardRequest.length);
    const ids = new Set([forwardRequestId(domain, request)]);
    for (const change of changes) {
      const changed = { ...request, ...change };
      ids.add(forwardRequestId(domain, changed));
      // The forwarder takes the nonce from its own books.
      if (change.nonce === undefined)
        expect(await forwarder.read.verify([dataOf({ ...signed, request: changed })])).to.equal(false);
    }
    expect(ids.size).to.equal(changes.length + 1);
    const later = { ...request, nonce: 1n };
    const signature = await operator.signTypedData({
      account: operator.account,
      ...forwardRequestTypedData(domain, later),
    });
    expect(await forwarder.read.verify([dataOf({ request: later, signature })])).to.equal(false);
  });

  it("means nothing to another forwarder or chain", async () => {
    const { request, domain, stranger } = await setup();
    const id = forwardRequestId(domain, request);
    expect(forwardRequestId(forwarderDomain(1, domain.verifyingContract), request)).not.to.equal(id);
    expect(forwardRequestId(forwarderDomain(domain.chainId, addressOf(stranger)), request)).not.to.equal(id);
  });

  async function setup() {
    const { nodes, operator, stranger, chainId } = await networkHelpers.loadFixture(fixture);
    const forwarder = await viem.getContractAt("FizzForwarder", await nodes.read.trustedForwarder());
    const domain = forwarderDomain(chainId, forwarder.address);
    const args = [1n, 1, 777] as const;
    const request: ForwardRequest = {
      from: addressOf(operator),
      to: nodes.address,
      value: 0n,
      gas: 300_000n,
      nonce: 0n,
      deadline: (await networkHelpers.time.latest()) + 3_600,
      data: encodeFunctionData({ abi: nodes.abi, functionName: "setAcceptedCut", args }),
    };
    const typed = forwardRequestTypedData(domain, request);
    const signature = await operator.signTypedData({ account: operator.account, ...typed });
    return { nodes, forwarder, domain, request, operator, stranger, signed: { request, signature } };
  }

  async function fixture() {
    return await deployMarket(connection);
  }

  function dataOf({ request, signature }: { request: ForwardRequest; signature: `0x${string}` }) {
    const { from, to, value, gas, deadline, data } = request;
    return { from, to, value, gas, deadline, data, signature };
  }
});
