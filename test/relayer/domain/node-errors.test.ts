import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { asNodeError, errorFromNode } from "../../../relayer/src/domain/node-errors.ts";

describe("errors of nodes", () => {
  it("pass through when they are a node's to tell", () => {
    const wire = { code: "GRANT_EXPIRED", message: "too old", retryable: false };
    expect(errorFromNode(wire)).to.include({ code: "GRANT_EXPIRED", message: "too old", retryable: false });
    const error = new ProtocolError("NODE_FULL", "full");
    expect(asNodeError(error)).to.equal(error);
    const bug = new TypeError("of the gateway");
    expect(asNodeError(bug)).to.equal(bug);
  });

  it("never become the gateway's own: not its bugs, its settings or its refusals of wallets", () => {
    for (const code of ["INTERNAL", "CONFIG_INVALID", "INSUFFICIENT_FUNDS", "OF_A_LATER_VERSION"]) {
      const read = errorFromNode({ code, message: "what it says", retryable: true });
      expect(read).to.include({ code: "PEER_REFUSED", message: "what it says", retryable: true });
      expect(read.details).to.deep.equal({ code });
    }
    const read = asNodeError(new ProtocolError("INTERNAL", "a bug of the node"));
    expect(read).to.include({ code: "PEER_REFUSED", retryable: true });
  });
});
