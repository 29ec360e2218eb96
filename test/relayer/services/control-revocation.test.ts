import { ProtocolError } from "@fizz/protocol/errors";
import { ALL_SESSION_KEYS, type SignedRevocation } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { ControlDesk } from "../../../relayer/src/services/control-desk.ts";
import { codeOf } from "../../support/code-of.ts";
import { hash, leaseFacts } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";

const LID = 4n;
const never = new AbortController().signal;

describe("ControlDesk, a revocation", () => {
  it("goes to the node of the lease", async () => {
    const { desk, asked, signed } = setup();
    await desk.revoke(LID, signed(), never);
    expect(asked).to.deep.equal([1n]);
  });

  it("is passed on to no node that it does not name, nor for another lease", async () => {
    const { desk, asked, signed } = setup();
    expect(await codeOf(desk.revoke(LID, signed({ nodeId: 9n }), never))).to.equal("REVOCATION_INVALID");
    expect(await codeOf(desk.revoke(LID, signed({ leaseHash: hash(0xee) }), never))).to.equal(
      "REVOCATION_INVALID",
    );
    expect(await codeOf(desk.revoke(5n, signed(), never))).to.equal("LEASE_NOT_FOUND");
    expect(asked).to.deep.equal([]);
  });

  it("goes to the node that it names while the chain is silent", async () => {
    const { desk, asked, signed, chain } = setup();
    chain.findLease = () => Promise.reject(new ProtocolError("CHAIN_UNREACHABLE", "away"));
    await desk.revoke(LID, signed(), never);
    expect(asked).to.deep.equal([1n]);
  });

  function setup() {
    const chain = new FakeChain();
    const lease = leaseFacts({ lid: LID, nodeId: 1n, leaseHash: hash(0xaa) });
    chain.leases.set(LID, lease);
    const asked: bigint[] = [];
    const missing = (): never => {
      throw new ProtocolError("INTERNAL", "not part of this test");
    };
    const revoke = async (nodeId: bigint) => {
      asked.push(nodeId);
      const receipt = { revocation: hash(1), at: 1 };
      return await Promise.resolve({
        receipt: { receipt, signature: `0x${"11".repeat(65)}` as const },
        ended: 0,
      });
    };
    const calls = {
      challenge: missing,
      status: missing,
      logs: missing,
      events: missing,
      stats: missing,
      revoke,
    };
    const signed = (changes: Partial<SignedRevocation["revocation"]> = {}): SignedRevocation => ({
      revocation: {
        ...{ tenant: zeroAddress, nodeId: 1n, leaseHash: hash(0xaa), sessionKey: ALL_SESSION_KEYS, upTo: 9 },
        ...changes,
      },
      signature: `0x${"11".repeat(65)}`,
    });
    const tenants = { admit: missing, openStream: missing };
    return { desk: new ControlDesk({ chain, calls, tenants }), asked, signed, chain };
  }
});
