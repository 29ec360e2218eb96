import { expect } from "chai";
import { postgresEngine } from "../../relayer/src/store/postgres-engine.ts";
import { type SqlEngine } from "../../relayer/src/store/sql-engine.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { memoryLogger } from "../relayer/support/builders.ts";
import { canFetchPrograms } from "../support/can-fetch-programs.ts";
import { startPostgresServer } from "../support/postgres-server.ts";
import { temporaryEngine } from "../relayer/support/temporary-engine.ts";

interface Opened {
  readonly engine: SqlEngine;
  stop(): Promise<void>;
}

async function onPostgres(): Promise<Opened> {
  const server = await startPostgresServer();
  const folder = await createTempDir("uptimes");
  const init = { url: await server.database(), directory: folder.path, logger: memoryLogger() };
  const stop = async (): Promise<void> => {
    await server.stop();
    await folder.stop();
  };
  return { engine: postgresEngine(init), stop };
}

const engines: Record<string, () => Promise<Opened>> = {
  PGlite: () => Promise.resolve({ engine: temporaryEngine(), stop: () => Promise.resolve() }),
  ...(canFetchPrograms() ? { PostgreSQL: onPostgres } : {}),
};

for (const [name, open] of Object.entries(engines))
  describe(`UptimeStore on ${name}`, function () {
    this.timeout(120_000);

    it("keeps what it was given last, of each node, until that is old", async () => {
      const opened = await open();
      const store = new SqlStore(opened.engine);
      await store.start();
      const uptimes = store.uptimes();
      const kept = (keptAt: number) => ({ since: 1, last: 2, keptAt, heard: [keptAt, 0], away: [0, 5] });
      const big = 2n ** 64n - 1n;
      await uptimes.save([]);
      await uptimes.save([
        { nodeId: 7n, ...kept(100) },
        { nodeId: big, ...kept(300) },
      ]);
      await uptimes.save([{ nodeId: 7n, ...kept(200) }]);
      expect(await uptimes.find(7n)).to.deep.equal(kept(200));
      expect(await uptimes.find(big)).to.deep.equal(kept(300));
      await uptimes.dropOlderThan(250);
      expect([await uptimes.find(7n), await uptimes.find(big)]).to.deep.equal([undefined, kept(300)]);
      await store.stop();
      await opened.stop();
    });
  });
