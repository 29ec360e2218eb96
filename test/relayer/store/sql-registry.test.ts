import { expect } from "chai";
import { type NodeView } from "../../../relayer/src/ports.ts";
import { postgresEngine } from "../../../relayer/src/store/postgres-engine.ts";
import { type SqlEngine } from "../../../relayer/src/store/sql-engine.ts";
import { SqlRegistry } from "../../../relayer/src/store/sql-registry.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { canFetchPrograms } from "../../support/can-fetch-programs.ts";
import { startPostgresServer } from "../../support/postgres-server.ts";
import { codeOf } from "../../support/code-of.ts";
import { memoryLogger, nodeFacts, nodeView } from "../support/builders.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

const self = (id: string) => ({
  ...{ id, address: `10.0.0.1:${id.length}`, multiaddrs: [`/dns/${id}/tcp/1`], version: "1" },
});

for (const engine of ["PGlite", "PostgreSQL"])
  describe(`SqlRegistry on ${engine}`, function () {
    this.timeout(120_000);
    const cleanup = new Cleanup();
    let store: SqlStore;
    let registry: SqlRegistry;
    before(async function () {
      if (engine === "PostgreSQL" && !canFetchPrograms()) this.skip();
      store = new SqlStore(engine === "PGlite" ? temporaryEngine() : await postgres(cleanup));
      await store.start();
      cleanup.use("store", store);
      registry = new SqlRegistry(store);
    });
    after(() => cleanup.stop());

    it("belongs to the operator who came first", async () => {
      await registry.join("0xA");
      await registry.join("0xA");
      expect(await codeOf(registry.join("0xB"))).to.equal("CONFIG_INVALID");
    });

    it("lists processes until they leave", async () => {
      await registry.beat(self("one"));
      const [first, second] = [await registry.beat(self("two")), await registry.beat(self("two"))];
      expect(first.map(({ id }) => id).sort()).to.deep.equal(["one", "two"]);
      expect(second.find(({ id }) => id === "two")).to.deep.include(self("two"));
      for (const { silentMs, startedAt } of second) {
        expect(silentMs).to.be.within(0, 60_000);
        expect(startedAt).to.be.within(Date.now() - 120_000, Date.now() + 60_000);
      }
      await registry.leave("one");
      expect((await registry.beat(self("two"))).map(({ id }) => id)).to.deep.equal(["two"]);
    });

    it("gives a node to whoever claims it last, and says whose it was", async () => {
      expect(await registry.claim({ processId: "a", view: view(1n) })).to.equal(undefined);
      expect(await registry.claim({ processId: "a", view: view(1n) })).to.equal("a");
      expect(await registry.claim({ processId: "b", view: view(1n) })).to.equal("a");
    });

    it("takes news of a node from its own process alone", async () => {
      await registry.claim({ processId: "a", view: view(2n) });
      await registry.claim({ processId: "b", view: view(3n) });
      const news = [view(2n, { latencyMs: 7 }), view(3n, { latencyMs: 9 }), view(4n)];
      expect(await registry.publish("a", news)).to.deep.equal(new Set([2n]));
      const { nodes } = await registry.changes(undefined);
      const found = new Map(nodes.map((node) => [node.view.facts.nodeId, node]));
      expect(found.get(2n)).to.deep.equal({ processId: "a", view: view(2n, { latencyMs: 7 }) });
      expect(found.get(3n)).to.deep.equal({ processId: "b", view: view(3n) });
      expect(found.get(4n)).to.equal(undefined);
    });

    it("tells what changed since it was asked last", async () => {
      await registry.claim({ processId: "a", view: view(5n) });
      await store.run((database) =>
        database.execute("UPDATE node_owners SET changed_at = now() - interval '1 hour'"),
      );
      const { nodes, until } = await registry.changes(undefined);
      expect(nodes.length).to.be.above(0);
      expect((await registry.changes(until)).nodes).to.deep.equal([]);
      await registry.claim({ processId: "b", view: view(5n) });
      expect((await registry.changes(until)).nodes).to.deep.equal([{ processId: "b", view: view(5n) }]);
    });

    it("leaves out what it cannot read", async () => {
      await registry.claim({ processId: "a", view: view(6n) });
      await store.run((database) => database.execute(`UPDATE node_owners SET view = '{}' WHERE node_id = 6`));
      const { nodes } = await registry.changes(undefined);
      expect(nodes.map((node) => node.view.facts.nodeId)).to.not.include(6n);
    });
  });

async function postgres(cleanup: Cleanup): Promise<SqlEngine> {
  const server = cleanup.use("postgres", await startPostgresServer());
  const folder = cleanup.use("folder", await createTempDir("registry"));
  return postgresEngine({ url: await server.database(), directory: folder.path, logger: memoryLogger() });
}

function view(nodeId: bigint, change: Partial<NodeView> = {}): NodeView {
  return nodeView({ facts: nodeFacts({ nodeId }), ...change });
}
