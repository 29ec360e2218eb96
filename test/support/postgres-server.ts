import { type ChildProcess, spawn } from "node:child_process";
import { chown } from "node:fs/promises";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { POSTGRES, unpackProgram } from "../../bench/lib/programs.ts";
import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { canFetchPrograms } from "./can-fetch-programs.ts";
import { until } from "./until.ts";

/** `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const USER = "fizz";

/** A server of its own, with as many databases as tests need. */
export interface PostgresServer {
  readonly port: number;
  /** A new, empty database. @returns Its URL. */
  database(): Promise<string>;
  /** Ends the server at once, as a machine that loses power; what was committed stays. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** One for all tests of the suite where this is called; they are skipped where programs cannot be fetched. */
export function suitePostgres(cleanup: Cleanup): () => PostgresServer {
  let server: PostgresServer | undefined;
  before(async function () {
    if (!canFetchPrograms()) this.skip();
    server = cleanup.use("postgres", await startPostgresServer());
  });
  return () => {
    if (server === undefined) throw new TypeError("the suite has not begun");
    return server;
  };
}

/** Debian's PostgreSQL on loopback. @throws ScriptError PROGRAM_MISSING where it cannot be fetched */
export async function startPostgresServer(): Promise<PostgresServer> {
  const { path, env } = await unpackProgram(POSTGRES);
  const folder = await createTempDir("postgres");
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (user.uid !== undefined) await chown(folder.path, user.uid, user.gid);
  const data = join(folder.path, "data");
  const options = { ...user, cwd: folder.path, env: { ...process.env, ...env, LC_ALL: "C" } };
  const run = (program: string, args: readonly string[]): ChildProcess =>
    spawn(program, args, { ...options, stdio: "ignore" });
  const initdb = run(join(dirname(path), "initdb"), [
    "-D",
    data,
    "-U",
    USER,
    "-A",
    "trust",
    "-N",
    "-E",
    "UTF8",
  ]);
  const code = await ended(initdb);
  if (code !== 0) throw new Error(`initdb ended with ${String(code)}`);
  const port = await freePort();
  const settings = ["-h", "127.0.0.1", "-p", String(port), "-k", folder.path, "-c", "shared_buffers=16MB"];
  const start = async (): Promise<ChildProcess> => {
    const started = run(path, ["-D", data, ...settings]);
    await until(async () => await answers(port), "PostgreSQL answers");
    return started;
  };
  let server = await start();
  let count = 0;
  return {
    port,
    database: async () => {
      count += 1;
      const name = `fizz_${count}`;
      await query(urlOf(port, "postgres"), `CREATE DATABASE ${name}`);
      return urlOf(port, name);
    },
    kill: async () => {
      server.kill("SIGQUIT");
      await ended(server);
    },
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      server.kill("SIGQUIT");
      await ended(server);
      await folder.stop();
    },
  };
}

/** Runs one statement, on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

function urlOf(port: number, database: string): string {
  return `postgresql://${USER}:not-asked@127.0.0.1:${port}/${database}`;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return await new Promise((resolve) => child.once("close", resolve));
}

async function answers(port: number): Promise<boolean> {
  const isOpen = await new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
  return isOpen && (await query(urlOf(port, "postgres"), "SELECT 1").then(Boolean, () => false));
}
