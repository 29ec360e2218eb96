import { expect } from "chai";
import { canHaveEngine } from "../../support/can-have-engine.ts";
import { ScriptRun } from "../../support/script-run.ts";

const DEMO_MS = 240_000;
const STEPS =
  "deposit,quote,open,sealed manifest,image,container,confirmStart,http,logs,close,refund,earnings,done".split(
    ",",
  );

describe("npm run demo", function () {
  this.timeout(DEMO_MS);
  before(async function () {
    if (!(await canHaveEngine())) this.skip();
  });

  it("runs a tenant's whole life, one JSON line a step, and leaves nothing behind", async () => {
    const run = await ScriptRun.start("scripts/demo.ts");
    try {
      expect(await run.ended(DEMO_MS), run.stderr).to.equal(0);
      const lines = run.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.map((line) => line["step"])).to.deep.equal(STEPS);
      for (const line of lines) expect(line["ms"], JSON.stringify(line)).to.be.a("number");
      const step = (name: string): Record<string, unknown> => lines[STEPS.indexOf(name)] ?? {};
      expect(step("http")["status"]).to.equal(200);
      const amount = (name: string, key: string): bigint => BigInt(String(step(name)[key]));
      const paid = amount("close", "paidWei");
      expect(paid > 0n).to.equal(true);
      expect(amount("refund", "refundedWei") + paid).to.equal(amount("open", "lockedWei"));
      const shares = ["toNodeWei", "toSubnetWei", "toProtocolWei"].map((key) => amount("earnings", key));
      expect(shares.reduce((sum, share) => sum + share)).to.equal(paid);
      expect(await run.leftProcesses(), "processes").to.deep.equal([]);
      expect(await run.leftFiles(), "temporary files").to.deep.equal([]);
    } finally {
      await run.stop();
    }
  });
});
