import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type RequestListener } from "node:http";
import { Agent, get } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import { expect } from "chai";
import { CURL, PEBBLE, unpackProgram } from "../../bench/lib/programs.ts";
import { createCertificates } from "../../relayer/src/app-certificates.ts";
import { type Config } from "../../relayer/src/config.ts";
import { PromMeter } from "../../relayer/src/observability/prom-meter.ts";
import { newKey } from "../../relayer/src/routing/certificates/account-key.ts";
import { AcmeAuthority } from "../../relayer/src/routing/certificates/acme-authority.ts";
import { orderedCertificate } from "../../relayer/src/routing/certificates/ordered-certificate.ts";
import { selfSignedPair } from "../../relayer/src/routing/certificates/self-signed.ts";
import { CertificateOrders } from "../../relayer/src/services/certificate-orders.ts";
import { Reloader } from "../../relayer/src/services/reloader.ts";
import { SharedChallenges } from "../../relayer/src/services/shared-challenges.ts";
import { CertificateStore } from "../../relayer/src/store/certificate-store.ts";
import { SqlChallengeStore } from "../../relayer/src/store/challenge-store.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { eventually, memoryLogger, testKey } from "../relayer/support/builders.ts";
import { ask, DOMAIN, type RoutedWorld, startRoutedWorld } from "../relayer/support/routed-world.ts";
import { type Pebble, startPebble } from "./support/pebble.ts";
import { temporaryEngine } from "../relayer/support/temporary-engine.ts";

const OWN = "www.acme.test";
const REFUSED = "refused.test";
const OPERATOR_KEY = testKey(0x41);
const TABLES = ["certificates", "certificate_orders", "certificate_state", "certificate_challenges"];
const MINUTE_MS = 60_000;
const VALID_SECONDS = 90 * 86_400;
const VALID_MS = VALID_SECONDS * 1_000;
const page: RequestListener = (request, response) => {
  response.end(`page ${String(request.url)}`);
};

describe("certificates by ACME, from a real authority", function () {
  this.timeout(60_000);
  const all = new Cleanup();
  let httpPort = 0;
  let pebble: Pebble;
  let cleanup: Cleanup;
  let store: SqlStore;

  before(async function () {
    this.timeout(300_000);
    if (!existsSync("/usr/bin/apt-get")) this.skip();
    for (const program of [CURL, PEBBLE]) await unpackProgram(program);
    httpPort = await freePort();
    pebble = all.use(
      "pebble",
      await startPebble({ httpPort, validSeconds: VALID_SECONDS, refused: [REFUSED] }),
    );
    store = all.use("store", new SqlStore(temporaryEngine()));
    await store.start();
  });
  beforeEach(async () => {
    cleanup = new Cleanup();
    for (const table of TABLES) await run(`DELETE FROM ${table}`);
  });
  afterEach(() => cleanup.stop());
  after(() => all.stop());

  it("gives curl a page under the name of the lease and under the tenant's own, and orders nothing at a restart", async () => {
    const { world, dir } = await setup();
    const start = async () => {
      const logger = memoryLogger();
      const meter = new PromMeter();
      const { router, drain } = world.gateway;
      const acme = {
        acme: true,
        acmeDirectory: pebble.directory,
        acmeEmail: "operator@gw.test",
        acmeCaFile: pebble.caFile,
      };
      const key = OPERATOR_KEY;
      const config = { ...acme, acmeMaxNames: 10, acmeOrdersPerHour: 10, dataDir: dir } as Config;
      const reloader = new Reloader<Config>({ logger, read: () => config }, config);
      const context = { config, key, logger, drain, reloader, begin: () => Promise.resolve() };
      const parts = createCertificates(context, { router, meter, opened: { store, processId: "one" } });
      for (const part of parts) await part.start?.();
      const stop = async (): Promise<void> => {
        for (const part of parts.toReversed()) await part.stop();
      };
      return { stop, events: logger.events, metrics: async () => (await meter.text()).body };
    };
    const first = await start();
    await eventually(
      () => first.events.filter((event) => event === "certificate.issued").length === 2,
      30_000,
    );
    await first.stop();
    const rootFile = join(dir, "root.pem");
    writeFileSync(rootFile, await pebble.root());
    const curl = await unpackProgram(CURL);
    for (const name of [world.host, OWN]) {
      const to = [
        "--resolve",
        `${name}:${world.httpsPort}:127.0.0.1`,
        `https://${name}:${world.httpsPort}/hello`,
      ];
      const { stdout, stderr } = await runCommand([curl.path, "-sSf", "--cacert", rootFile, ...to], {
        env: { ...curl.env },
      });
      expect(stdout, stderr).to.equal("page /hello");
    }
    expect((await rows("SELECT name FROM certificates ORDER BY name")).map(({ name }) => name)).to.deep.equal(
      [OWN, world.host].toSorted(),
    );
    expect(existsSync(join(dir, "acme")), "nothing is kept in files").to.equal(false);
    const second = await start();
    await second.stop();
    expect(second.events).to.deep.equal([]);
    expect(await first.metrics()).to.match(/certificate_orders_total\{outcome="issued"\} 2\n/);
    expect(await second.metrics()).to.match(/fizz_gateway_certificates 2\n/);
    const ends = /certificate_expiry_timestamp_seconds (\d+)\n/.exec(await second.metrics())?.[1];
    expect(Number(ends) * 1_000 - Date.now()).to.be.within(VALID_MS - 5 * MINUTE_MS, VALID_MS);
  });

  it("renews in time: new connections get the new certificate, and one that is open goes on", async () => {
    const { world, orders, clock, count } = await setup({ names: [] });
    orders.start();
    await eventually(() => count("certificate.issued") === 1, 30_000);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await visit(world, world.host, { agent });
    clock.skew += VALID_MS * 0.6;
    const seen = clock.looks;
    await eventually(() => clock.looks > seen + 2);
    expect(count("certificate.issued"), "too early").to.equal(1);
    clock.skew += VALID_MS * 0.1;
    await eventually(() => count("certificate.issued") === 2, 30_000);
    const kept = await visit(world, world.host, { agent });
    expect(kept).to.deep.equal({ ...before, reused: true });
    const fresh = await visit(world, world.host);
    expect(fresh.body).to.equal("page /");
    expect(fresh.fingerprint).not.to.equal(before.fingerprint);
    agent.destroy();
  });

  it("keeps what it has while the authority is away, even past its end, and has a new one when it is back", async () => {
    const { world, orders, clock, events } = await setup({ names: [] });
    orders.start();
    await eventually(() => events.includes("certificate.issued"), 30_000);
    const root = await pebble.root();
    const before = await visit(world, world.host, { root });
    await pebble.kill();
    clock.skew += VALID_MS + MINUTE_MS;
    await eventually(() => events.includes("certificate.order.failed"), 30_000);
    expect(await visit(world, world.host, { root })).to.deep.equal(before);
    expect((await world.gateway.meter.text()).body).to.match(
      /certificate_orders_total\{outcome="unreachable"\} 1\n/,
    );
    await pebble.start();
    clock.skew += MINUTE_MS;
    await eventually(() => events.filter((event) => event === "certificate.issued").length === 2, 30_000);
    expect((await visit(world, world.host)).fingerprint).not.to.equal(before.fingerprint);
  });

  it("serves the other names while one is refused, and tries that one again after a minute, then two", async () => {
    const { world, orders, clock, events, count } = await setup({ names: [REFUSED, OWN] });
    orders.start();
    await eventually(
      () => count("certificate.issued") === 2 && count("certificate.order.failed") === 1,
      30_000,
    );
    expect((await visit(world, OWN)).body).to.equal("page /");
    clock.skew += MINUTE_MS;
    await eventually(() => count("certificate.order.failed") === 2, 30_000);
    clock.skew += MINUTE_MS;
    await eventually(() => clock.looks > 3);
    expect(count("certificate.order.failed")).to.equal(2);
    clock.skew += MINUTE_MS;
    await eventually(() => count("certificate.order.failed") === 3, 30_000);
    expect(events.filter((event) => event === "certificate.issued")).to.have.length(2);
  });

  it("orders none that a given certificate covers, and shows the given one", async () => {
    const { world, orders, count } = await setup({ names: [OWN], given: DOMAIN });
    orders.start();
    await eventually(() => count("certificate.issued") === 1, 30_000);
    expect((await visit(world, OWN)).body).to.equal("page /");
    expect(await rows("SELECT name FROM certificates")).to.deep.equal([{ name: OWN }]);
    expect((await visit(world, world.host, { root: world.given })).body).to.equal("page /");
  });

  it("leaves the path of challenges to the container when no order is pending", async () => {
    const { world } = await setup();
    const path = "/.well-known/acme-challenge/its-own";
    expect((await ask(world, { path })).body).to.equal(`page ${path}`);
  });

  it("orders again what is broken in the store, a key of the account included", async () => {
    const { world, orders, make, count } = await setup({ names: [] });
    orders.start();
    await eventually(() => count("certificate.issued") === 1, 30_000);
    await orders.stop();
    await run("UPDATE certificates SET sealed = left(sealed, 700)");
    await run("UPDATE certificate_state SET account = 'broken', history = '[]'");
    const again = make();
    again.start();
    await eventually(() => count("certificate.issued") === 2, 30_000);
    await again.stop();
    expect(count("certificate.broken")).to.equal(3);
    expect((await visit(world, world.host)).body).to.equal("page /");
  });

  async function setup({ names = [OWN], given }: { names?: readonly string[]; given?: string } = {}) {
    const { path: dir } = cleanup.use("folder", await createTempDir("acme"));
    const givenDir = join(dir, "given");
    mkdirSync(givenDir);
    const pair =
      given === undefined
        ? undefined
        : await selfSignedPair({ path: join(givenDir, given), domain: given, now: Date.now() });
    const https = { port: 0, folder: join(dir, "tls"), given: givenDir };
    const world = await startRoutedWorld({ origins: [page], accept: names, routing: { httpPort, https } });
    cleanup.use("gateway", world);
    const logger = memoryLogger();
    const clock = { skew: 0, looks: 0 };
    const now = (): number => {
      clock.looks += 1;
      return Date.now() + clock.skew;
    };
    const { router, meter } = world.gateway;
    const make = (): CertificateOrders => {
      const { directory, ca } = pebble;
      const operatorKey = OPERATOR_KEY;
      const shelf = new CertificateStore(store, { operatorKey, logger, certificateOf: orderedCertificate });
      const challenges = new SqlChallengeStore(store, { operatorKey, processId: "one" });
      const desk = new SharedChallenges({ store: challenges, desk: router.challenges, logger });
      const key = (): Promise<string> => shelf.accountKey(newKey);
      const init = { directory, email: undefined, ca, accountKey: key, firstPollMs: 50 };
      const authority = new AcmeAuthority(desk, init);
      const made = new CertificateOrders(
        { authority, shelf, names: router.names, meter, clock: now, logger, mayOrder: () => true },
        { maxNames: 10, perHour: 20, lookEveryMs: 50 },
      );
      cleanup.use("orders", made);
      return made;
    };
    const count = (event: string): number => logger.events.filter((heard) => heard === event).length;
    return {
      world: { ...world, given: pair?.cert },
      dir,
      orders: make(),
      make,
      clock,
      events: logger.events,
      count,
    };
  }

  async function rows(text: string): Promise<Record<string, unknown>[]> {
    const result: unknown = await store.run((database) => database.execute(text));
    return (result as { rows: Record<string, unknown>[] }).rows;
  }

  async function run(text: string): Promise<void> {
    await rows(text);
  }

  /** One request over a connection that trusts the authority alone. */
  async function visit(
    { httpsPort }: Pick<RoutedWorld, "httpsPort">,
    name: string,
    { agent, root }: { agent?: Agent; root?: string | undefined } = {},
  ): Promise<{ body: string; fingerprint: string; reused: boolean }> {
    const ca = root ?? (await pebble.root());
    const options = { host: "127.0.0.1", port: httpsPort, servername: name, headers: { host: name }, ca };
    let reused = false;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = get({ ...options, agent: agent ?? false }, (response) => {
        reused = request.reusedSocket;
        resolve(response);
      });
      request.on("error", reject);
    });
    const { socket } = answer;
    if (!(socket instanceof TLSSocket)) throw new Error("not TLS");
    const { fingerprint256 } = socket.getPeerCertificate();
    return { body: await text(answer), fingerprint: fingerprint256, reused };
  }
});
