import { readFile, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type IncomingMessage } from "node:http";
import { PEBBLE, PEBBLE_NAMES, unpackProgram } from "../../../bench/lib/programs.ts";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { type Cleanup, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { type Daemon, spawnDaemon } from "../../../scripts/lib/spawn-daemon.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";

export interface Pebble {
  readonly directory: string;
  /** Certificate, PEM, of its own HTTPS, which signs itself. */
  readonly ca: string;
  /** File with that. */
  readonly caFile: string;
  /** Root, PEM, of what it issues; another one after each start. */
  root(): Promise<string>;
  /** Ends the authority alone; it forgets everything. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PebbleInit {
  /** Where HTTP-01 looks. */
  readonly httpPort: number;
  readonly validSeconds: number;
  /** Domains that it refuses. */
  readonly refused: readonly string[];
}

/** Let's Encrypt's test authority. Every name leads to 127.0.0.1 for it. */
export async function startPebble(init: PebbleInit): Promise<Pebble> {
  return await withCleanupOnFailure((cleanup) => start(init, cleanup));
}

async function start(init: PebbleInit, cleanup: Cleanup): Promise<Pebble> {
  const { path: dir } = cleanup.use("folder", await createTempDir("pebble"));
  const [port, management, dns, names] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  await selfSignedPair({ path: join(dir, "https"), domain: "localhost", now: Date.now() });
  const [ca, caFile, config] = [
    await readFile(join(dir, "https.crt"), "utf8"),
    join(dir, "https.crt"),
    join(dir, "config.json"),
  ];
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: caFile,
    privateKey: join(dir, "https.key"),
    httpPort: init.httpPort,
    tlsPort: 1,
    certificateValidityPeriod: init.validSeconds,
    domainBlocklist: init.refused,
  };
  await writeFile(config, JSON.stringify({ pebble }));
  const ask = (url: string): Promise<string> => fetchText(url, ca);
  const nameServer = await unpackProgram(PEBBLE_NAMES);
  const off = ["http01", "https01", "tlsalpn01"].flatMap((name) => [`-${name}`, ""]);
  const words = [
    "-defaultIPv6",
    "",
    "-dns01",
    `127.0.0.1:${dns}`,
    "-management",
    `127.0.0.1:${names}`,
    ...off,
  ];
  cleanup.use(
    "names",
    await spawnDaemon({
      name: "pebble-names",
      argv: [nameServer.path, ...words],
      logDir: dir,
      readyLine: /Starting management server/,
    }),
  );
  const program = await unpackProgram(PEBBLE);
  const directory = `https://localhost:${port}/dir`;
  let daemon: Daemon | undefined;
  const kill = async (): Promise<void> => {
    await daemon?.stop();
    daemon = undefined;
  };
  const startAuthority = async (): Promise<void> => {
    daemon = await spawnDaemon({
      name: "pebble",
      argv: [program.path, "-config", config, "-dnsserver", `127.0.0.1:${dns}`],
      // Each order is looked at, at once; a twentieth of the nonces is refused, as by default.
      env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" },
      logDir: dir,
      readyProbe: async () => (await ask(directory)).includes("newOrder"),
    });
  };
  cleanup.defer("pebble", kill);
  await startAuthority();
  return {
    directory,
    ca,
    caFile,
    root: () => ask(`https://localhost:${management}/roots/0`),
    kill,
    start: startAuthority,
    stop: () => cleanup.stop(),
  };
}

async function fetchText(url: string, ca: string): Promise<string> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { ca, agent: false }, resolve).on("error", reject);
  });
  return await text(answer);
}
