import { ALL_SESSION_KEYS } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { mergedScopes } from "../../cli/src/session/grants.ts";
import { type Session } from "../../cli/src/state/lease-store.ts";
import { NetworkSuite } from "./support/network-suite.ts";

const NOW = 1_000;

describe("scopes of a session", function () {
  this.timeout(60_000);

  it("are what the command needs and what the kept grant allows, and nothing else", () => {
    expect(mergedScopes(undefined, ["exec"], NOW)).to.deep.equal(["exec"]);
    expect(mergedScopes(kept("status logs events exec"), ["connect"], NOW)).to.deep.equal([
      "exec",
      "connect",
    ]);
    expect(mergedScopes(kept("status logs events exec"), [], NOW)).to.deep.equal(["exec"]);
    expect(mergedScopes(kept("status logs events"), ["connect"], NOW)).to.deep.equal(["connect"]);
    expect(mergedScopes(kept("status everything"), [], NOW)).to.deep.equal([]);
  });

  it("end with the grant: one that is over adds nothing", () => {
    expect(mergedScopes(kept("status logs events exec", NOW), ["connect"], NOW)).to.deep.equal(["connect"]);
  });

  describe("of commands by turns", () => {
    const suite = NetworkSuite.use();

    it("are signed for once each, and told", async () => {
      const lid = await suite.createLease();
      const shell = ["deployment", "shell", "web", "--lid", lid, "--", "/bin/sh", "-c", "exit 0"];
      const connect = ["connect", "--lid", lid, "--stdio", "8080"];
      const first = await suite.run(shell);
      expect([first.code, first.stderr.includes("grants this machine")], first.stderr).to.deep.equal([
        0,
        true,
      ]);
      suite.network.behaviour.connection = "end";
      const second = await suite.run(connect);
      expect(second.stderr).to.contain("for a week: status logs events exec connect");
      const key = await keyOf(lid);
      for (const again of [shell, connect]) expect((await suite.run(again)).stderr).not.to.contain("grants");
      expect(await keyOf(lid)).to.equal(key);
    });

    async function keyOf(lid: string): Promise<string | undefined> {
      const { stdout } = await suite.run(["session", "list", "--json"]);
      return (JSON.parse(stdout) as { lid: number; key: string }[]).find((row) => String(row.lid) === lid)
        ?.key;
    }
  });

  function kept(scopes: string, expiresAt = NOW + 100): Session {
    const grant = { tenant: zeroAddress, nodeId: 1n, leaseHash: `0x${"aa".repeat(32)}` as const };
    return {
      privateKey: `0x${"11".repeat(32)}`,
      signed: {
        grant: { ...grant, sessionKey: ALL_SESSION_KEYS, scopes, expiresAt },
        signature: `0x${"11".repeat(65)}`,
      },
    };
  }
});
