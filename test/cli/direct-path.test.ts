import { expect } from "chai";
import { DirectPath, type DirectPathInit } from "../../cli/src/session/direct-path.ts";
import { codeOf } from "../support/code-of.ts";

describe("a direct path", () => {
  it("says with a code that the connection through the gateway ends just now", async () => {
    // libp2p's own error, which has no code of ours: it came of a connection that was found and closed.
    const path = pathOver(() => Promise.reject(new Error('The connection muxer is "closed" and not "open"')));
    expect(await codeOf(path.open(AbortSignal.timeout(5_000)))).to.equal("NODE_UNREACHABLE");
  });

  it("ends with its caller's reason when that gives up", async () => {
    const caller = new AbortController();
    const reason = new Error("Ctrl-C");
    const path = pathOver(() => {
      caller.abort(reason);
      return Promise.reject(new Error("aborted"));
    });
    expect(await path.open(caller.signal).catch((error: unknown) => error)).to.equal(reason);
  });

  function pathOver(relayed: DirectPathInit["relayed"]): DirectPath {
    return new DirectPath({
      relayed,
      rule: "public",
      onChange: () => undefined,
    } as unknown as DirectPathInit);
  }
});
