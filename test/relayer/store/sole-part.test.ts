import { expect } from "chai";
import { postgresConfig } from "../../../relayer/src/store/postgres-engine.ts";
import { SolePart } from "../../../relayer/src/store/sole-part.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { query, suitePostgres } from "../../support/postgres-server.ts";
import { until } from "../../support/until.ts";
import { memoryLogger } from "../support/builders.ts";

describe("SolePart", function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  const postgres = suitePostgres(cleanup);
  after(() => cleanup.stop());

  it("lets a part run in one process at a time, and in another when that is gone", async () => {
    const url = await postgres().database();
    const running = new Set<string>();
    const sole = (name: string): SolePart => {
      const part = { start: () => void running.add(name), stop: () => void running.delete(name) };
      return new SolePart({ config: postgresConfig(url), lock: "sole part", part, logger: memoryLogger() });
    };
    const [one, other] = [sole("one"), sole("other")];
    await one.start();
    await other.start();
    expect([...running]).to.deep.equal(["one"]);
    await query(url, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    await until(() => Promise.resolve(running.size === 1), "one of them runs");
    await one.stop();
    await until(() => Promise.resolve([...running].join() === "other"), "the other one runs");
    await postgres().kill();
    await until(() => Promise.resolve(running.size === 0), "none runs without a lock");
    await postgres().restart();
    await until(() => Promise.resolve(running.has("other")), "it runs again");
    await other.stop();
    expect(running.size).to.equal(0);
  });
});
