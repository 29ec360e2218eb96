import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type OrderedCertificate } from "../../../relayer/src/certificate-ports.ts";
import { newKey } from "../../../relayer/src/routing/certificates/account-key.ts";
import { orderedCertificate } from "../../../relayer/src/routing/certificates/ordered-certificate.ts";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { Challenges } from "../../../relayer/src/routing/challenges.ts";
import { SharedChallenges } from "../../../relayer/src/services/shared-challenges.ts";
import { ShownCertificates } from "../../../relayer/src/services/shown-certificates.ts";
import { CertificateStore } from "../../../relayer/src/store/certificate-store.ts";
import { SqlChallengeStore } from "../../../relayer/src/store/challenge-store.ts";
import { postgresEngine } from "../../../relayer/src/store/postgres-engine.ts";
import { SqlRegistry } from "../../../relayer/src/store/sql-registry.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { canFetchPrograms } from "../../support/can-fetch-programs.ts";
import { startPostgresServer } from "../../support/postgres-server.ts";
import { eventually, memoryLogger, testKey } from "../support/builders.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

const KEY = testKey(0x41);
const PATH = "/.well-known/acme-challenge/";

for (const engine of ["PGlite", "PostgreSQL"])
  describe(`certificates in the database, on ${engine}`, function () {
    this.timeout(120_000);
    const cleanup = new Cleanup();
    let store: SqlStore;
    let folder = "";
    before(async function () {
      if (engine === "PostgreSQL" && !canFetchPrograms()) this.skip();
      folder = mkdtempSync(join(tmpdir(), "fizz-certificate-store-test-"));
      cleanup.defer("folder", () => {
        rmSync(folder, { recursive: true });
      });
      store = new SqlStore(engine === "PGlite" ? temporaryEngine() : await postgres());
      await store.start();
      cleanup.use("store", store);
    });
    beforeEach(async () => {
      for (const table of [
        "certificates",
        "certificate_orders",
        "certificate_state",
        "certificate_challenges",
      ])
        await run(`DELETE FROM ${table}`);
      await run("DELETE FROM processes");
    });
    after(() => cleanup.stop());

    it("are read as they were saved, with the count of orders; a save ends the order", async () => {
      const { shelf } = setup();
      expect(await shelf.load()).to.deep.equal({
        certificates: [],
        history: { begun: [], failures: new Map() },
      });
      const certificate = await made("a.test");
      const draft = { url: "https://ca.test/order/1", key: newKey(), directory: "https://ca.test/dir" };
      await shelf.saveDraft("a.test", draft);
      expect(await setup().shelf.draftOf("a.test")).to.deep.equal(draft);
      const history = { begun: [1, 2], failures: new Map([["b.test", { count: 2, retryAt: 5 }]]) };
      await shelf.saveHistory(history);
      await shelf.save(certificate);
      expect(await setup().shelf.load()).to.deep.equal({ certificates: [certificate], history });
      expect(await shelf.draftOf("a.test")).to.equal(undefined);
      await shelf.remove("a.test");
      await shelf.remove("a.test");
      expect((await shelf.load()).certificates).to.deep.equal([]);
    });

    it("cannot be read, and not be put in another's place, without the operator key; the others are read", async () => {
      const { shelf } = setup();
      const [a, b] = [await made("a.test"), await made("b.test")];
      for (const certificate of [a, b]) await shelf.save(certificate);
      await shelf.saveDraft("a.test", { url: "https://ca.test/1", key: a.key, directory: "d" });
      const account = await shelf.accountKey(newKey);
      const dump = JSON.stringify(
        await rows("SELECT * FROM certificates, certificate_orders, certificate_state"),
      );
      const secretOf = (key: string): string => key.split("\n")[1] ?? "";
      for (const key of [a.key, b.key, account]) {
        expect(secretOf(key)).to.have.length.above(30);
        expect(dump).not.to.include(secretOf(key));
        expect(dump).not.to.include(Buffer.from(key).toString("base64").slice(40, 80));
      }
      await run(
        "UPDATE certificates SET sealed = (SELECT sealed FROM certificates WHERE name = 'b.test') WHERE name = 'a.test'",
      );
      await run("UPDATE certificate_orders SET name = 'c.test'");
      const { shelf: again, logger } = setup();
      expect((await again.load()).certificates).to.deep.equal([b]);
      expect(await again.draftOf("c.test")).to.equal(undefined);
      expect(logger.events).to.deep.equal(["certificate.broken", "certificate.broken"]);
      expect((await setup({ key: testKey(0x42) }).shelf.load()).certificates).to.deep.equal([]);
    });

    it("have one account, made anew only when its key cannot be read", async () => {
      const first = await setup().shelf.accountKey(newKey);
      const both = [setup().shelf.accountKey(newKey), setup().shelf.accountKey(newKey)];
      expect(await Promise.all(both)).to.deep.equal([first, first]);
      await setup().shelf.saveHistory({ begun: [3], failures: new Map() });
      await run("UPDATE certificate_state SET account = 'broken'");
      const second = await setup().shelf.accountKey(newKey);
      expect(second).not.to.equal(first);
      expect(await setup().shelf.accountKey(newKey)).to.equal(second);
      expect((await setup().shelf.load()).history.begun).to.deep.equal([3]);
    });

    it("are shown in every process: new ones, renewed ones, until they are removed", async () => {
      const { shelf } = setup();
      const other = shower();
      await shelf.save(await made("a.test"));
      await other.part.start();
      const first = other.shown.get("a.test");
      expect(first?.name).to.equal("a.test");
      expect(other.part.counts().shown).to.equal(1);
      const renewed = await made("a.test", "renewed");
      const b = await made("b.test");
      for (const certificate of [renewed, b]) await shelf.save(certificate);
      await other.look();
      expect(other.shown.get("a.test")).to.deep.equal(renewed);
      expect(other.shown.size).to.equal(2);
      expect(other.part.counts()).to.deep.equal({
        shown: 2,
        soonestEnd: Math.floor(Math.min(renewed.notAfter, b.notAfter) / 1_000),
      });
      await shelf.remove("a.test");
      await other.look();
      expect([...other.shown.keys()]).to.deep.equal(["b.test"]);
      const calls = other.calls();
      await other.look();
      expect(other.calls(), "nothing changed: nothing is shown again").to.equal(calls);
      await other.part.stop();
    });

    it("have challenges that each process answers before the authority is told to look", async () => {
      const registry = new SqlRegistry(store);
      for (const id of ["ordering", "other", "silent"])
        await registry.beat({ id, address: "10.0.0.1:1", multiaddrs: [], version: "1" });
      const { challenges, desk, logger } = setup({ processId: "ordering" });
      const other = shower("other");
      await other.part.start();
      const challenge = { name: "a.test", token: "token", answer: "token.print" };
      const shared = (withinMs: number): SharedChallenges =>
        new SharedChallenges({ store: challenges, desk, logger }, withinMs);
      let isShown = false;
      const showing = shared(60_000)
        .show(challenge)
        .then((end) => {
          isShown = true;
          return end;
        });
      await eventually(async () => (await challenges.unread("token")) === 2);
      await other.look();
      expect(other.desk.find("a.test", `${PATH}token`)).to.equal("token.print");
      expect(await challenges.unread("token")).to.equal(1);
      expect(isShown, "one has not read it").to.equal(false);
      await registry.leave("silent");
      const end = await showing;
      expect(desk.find("a.test", `${PATH}token`)).to.equal("token.print");
      await end();
      await other.look();
      for (const one of [desk, other.desk]) expect(one.find("a.test", `${PATH}token`)).to.equal(undefined);
      await other.part.stop();
      const late = await shared(0).show(challenge);
      expect(logger.events, "it does not wait for ever").to.deep.equal(["certificate.challenge.unread"]);
      await late();
    });

    it("have no challenge that somebody without the operator key wrote", async () => {
      await run(
        "INSERT INTO certificate_challenges (token, name, sealed) VALUES ('t', 'a.test', 'dC5wcmludA==')",
      );
      const stranger = setup({ key: testKey(0x42) });
      await stranger.challenges.add({ name: "b.test", token: "u", answer: "u.print" });
      const process = shower();
      await process.part.start();
      expect(process.desk.find("a.test", `${PATH}t`)).to.equal(undefined);
      expect(process.desk.find("b.test", `${PATH}u`)).to.equal(undefined);
      await process.part.stop();
    });

    function setup({ key = KEY, processId = "self" } = {}) {
      const logger = memoryLogger();
      return {
        logger,
        shelf: new CertificateStore(store, { operatorKey: key, logger, certificateOf: orderedCertificate }),
        challenges: new SqlChallengeStore(store, { operatorKey: key, processId }),
        desk: new Challenges(),
      };
    }

    function shower(processId = "self") {
      const { shelf, challenges, desk, logger } = setup({ processId });
      const shown = new Map<string, OrderedCertificate>();
      let calls = 0;
      const names = {
        all: () => [...shown.keys()].map((name) => ({ name, runs: true })),
        show: (certificate: OrderedCertificate) => {
          calls += 1;
          shown.set(certificate.name, certificate);
        },
        hide: (name: string) => {
          shown.delete(name);
        },
      };
      const hour = 3_600_000;
      const part = new ShownCertificates({ stored: shelf, challenges, desk, names, logger }, hour);
      const look = async (): Promise<void> => {
        part.ask();
        await part.settled();
      };
      return { part, shown, desk, look, calls: () => calls };
    }

    async function made(name: string, version = "first"): Promise<OrderedCertificate> {
      const path = join(folder, version, name);
      const pair = await selfSignedPair({ path, domain: name, now: Date.now() });
      return orderedCertificate({ name, directory: "https://ca.test/dir", ...pair });
    }

    async function rows(text: string): Promise<unknown[]> {
      const result: unknown = await store.run((database) => database.execute(text));
      return (result as { rows: unknown[] }).rows;
    }

    async function run(text: string): Promise<void> {
      await rows(text);
    }

    async function postgres() {
      const server = cleanup.use("postgres", await startPostgresServer());
      const { path: directory } = cleanup.use("folder", await createTempDir("certificate-store"));
      return postgresEngine({ url: await server.database(), directory, logger: memoryLogger() });
    }
  });
