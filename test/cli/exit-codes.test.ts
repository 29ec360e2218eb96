import { errorCodes, ProtocolError, type ErrorCode } from "@fizz/protocol/errors";
import { expect } from "chai";
import { exitCodeOf } from "../../cli/src/output/exit-codes.ts";

describe("exitCodeOf", () => {
  const expected: Partial<Record<ErrorCode, number>> = {
    USAGE: 2,
    CONFIG_INVALID: 2,
    MANIFEST_INVALID: 3,
    UPDATE_NOT_ALLOWED: 3,
    INSUFFICIENT_ESCROW: 4,
    INSUFFICIENT_FUNDS: 4,
    CHAIN_UNREACHABLE: 5,
    GATEWAY_UNREACHABLE: 5,
    NODE_OFFLINE: 5,
    NODE_UNREACHABLE: 5,
    LEASE_NOT_YOURS: 6,
    LEASE_NOT_FOUND: 6,
    NO_QUOTES: 6,
    IMAGE_PULL_FAILED: 6,
    LEASE_NOT_STARTED: 6,
    WALLET_REJECTED: 6,
    TIMEOUT: 7,
    TX_LOST: 7,
    INTERNAL: 1,
    CONVERT_FAILED: 1,
  };

  for (const [code, exitCode] of Object.entries(expected))
    it(`is ${exitCode} for ${code}`, () => {
      expect(exitCodeOf(new ProtocolError(code as ErrorCode, ""))).to.equal(exitCode);
    });

  it("is 1 for a bug", () => {
    expect(exitCodeOf(new TypeError("x"))).to.equal(1);
  });

  it("is a documented number for every code", () => {
    for (const code of Object.keys(errorCodes))
      expect(exitCodeOf(new ProtocolError(code as ErrorCode, ""))).to.be.within(1, 7);
  });
});
