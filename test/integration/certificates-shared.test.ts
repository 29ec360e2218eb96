import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { PEBBLE, unpackProgram } from "../../bench/lib/programs.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { query, suitePostgres } from "../support/postgres-server.ts";
import { eventually } from "../relayer/support/builders.ts";
import { type OrderingInit, type OrderingLine } from "./support/ordering-lines.ts";
import { startPebble } from "./support/pebble.ts";

const PROGRAM = fileURLToPath(new URL("support/ordering-process.ts", import.meta.url));
const WITHIN_MS = 40_000;
const HELD = "held.test";

describe("certificates of two processes of one gateway, from a real authority", function () {
  this.timeout(240_000);
  const cleanup = new Cleanup();
  const postgres = suitePostgres(cleanup);
  before(async function () {
    this.timeout(300_000);
    if (!existsSync("/usr/bin/apt-get")) this.skip();
    await unpackProgram(PEBBLE);
  });
  after(() => cleanup.stop());

  it("are ordered by one and shown by both; the other answers its challenges, and goes on with its order when it is killed", async () => {
    const { balancer, start, setNames, url } = await setup();
    setNames([]);
    const a = await start();
    const b = await start();
    balancer.lead(b.port);
    setNames(["first.test"]);
    await eventually(() => a.shown.has("first.test") && b.shown.has("first.test"), WITHIN_MS);
    expect(b.shown.get("first.test")).to.equal(a.shown.get("first.test"));
    await eventually(() => a.issued() === 1, WITHIN_MS);
    expect(b.issued(), "one of them ordered").to.equal(0);

    // The authority has come for the challenge, and is not answered before who ordered is gone.
    balancer.hold();
    setNames(["first.test", HELD]);
    await eventually(() => balancer.held() > 0, WITHIN_MS);
    a.kill();
    balancer.release();
    await eventually(() => b.shown.has(HELD), WITHIN_MS);
    await eventually(() => b.issued() === 1, WITHIN_MS);
    expect(balancer.tokensOf(HELD), "it is one order, resumed").to.equal(1);

    const again = await start();
    expect(Object.fromEntries(again.shown), "all there is, at once").to.deep.equal(
      Object.fromEntries(b.shown),
    );
    expect(await query(url, "SELECT name FROM certificate_orders")).to.deep.equal([]);
  });

  async function setup() {
    const { path: folder } = cleanup.use("folder", await createTempDir("certificates-shared"));
    const httpPort = await freePort();
    const balancer = await startBalancer(httpPort);
    const validSeconds = 90 * 86_400;
    const pebble = cleanup.use("pebble", await startPebble({ httpPort, validSeconds, refused: [] }));
    const url = await postgres().database();
    const namesFile = join(folder, "names");
    let count = 0;
    const start = async () => {
      count += 1;
      const dataDir = join(folder, String(count));
      const { directory: acmeDirectory, caFile: acmeCaFile } = pebble;
      const process = startProcess({ databaseUrl: url, dataDir, acmeDirectory, acmeCaFile, namesFile });
      await eventually(() => process.port > 0, WITHIN_MS);
      return process;
    };
    const setNames = (names: readonly string[]): void => {
      writeFileSync(namesFile, names.join("\n"));
    };
    return { balancer, start, setNames, url };
  }

  function startProcess(init: OrderingInit) {
    const child: ChildProcess = spawn(process.execPath, [PROGRAM, JSON.stringify(init)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    cleanup.defer("process", () => child.kill("SIGKILL"));
    const shown = new Map<string, string>();
    const state = { port: 0, issued: 0 };
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on("line", (line) => {
        const { port = state.port, shown: name, fingerprint = "", event } = JSON.parse(line) as OrderingLine;
        state.port = port;
        if (name !== undefined) shown.set(name, fingerprint);
        if (event === "certificate.issued") state.issued += 1;
      });
    return {
      shown,
      get port() {
        return state.port;
      },
      issued: () => state.issued,
      kill: () => child.kill("SIGKILL"),
    };
  }

  /** Where the authority looks: leads to one process, and can be made to wait. */
  async function startBalancer(port: number) {
    let target = 0;
    let holding: Promise<void> | undefined;
    let release = (): void => undefined;
    let held = 0;
    const tokens = new Map<string, Set<string>>();
    const server = createServer((request, response) => {
      const { host = "", ...headers } = request.headers;
      const [name = ""] = host.split(":");
      tokens.set(name, (tokens.get(name) ?? new Set()).add(request.url ?? ""));
      const serve = async (): Promise<void> => {
        if (holding !== undefined) held += 1;
        await holding;
        const answer = await new Promise<IncomingMessage>((resolve, reject) => {
          get(
            { host: "127.0.0.1", port: target, path: request.url, headers: { ...headers, host } },
            resolve,
          ).on("error", reject);
        });
        response.writeHead(answer.statusCode ?? 502).end(await text(answer));
      };
      serve().catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    cleanup.defer("balancer", () => {
      server.closeAllConnections();
      server.close();
    });
    return {
      lead: (to: number) => (target = to),
      hold: () => {
        holding = new Promise((resolve) => (release = resolve));
      },
      release: () => {
        holding = undefined;
        release();
      },
      held: () => held,
      tokensOf: (name: string) => tokens.get(name)?.size ?? 0,
    };
  }
});
