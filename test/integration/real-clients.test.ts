import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { startFizzWorld } from "../../bench/lib/fizz-world.ts";
import { measureBulk } from "../../bench/lib/load/iperf.ts";
import { measureRequests } from "../../bench/lib/load/wrk.ts";
import { startServer } from "../../bench/lib/origins.ts";
import {
  CURL,
  type DebianProgram,
  IPERF3,
  PSQL,
  REDIS_CLI,
  REDIS_SERVER,
  SFTP,
  SSHD,
  unpackProgram,
  WRK,
} from "../../bench/lib/programs.ts";
import { startSshServer } from "../../bench/lib/ways/ssh.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { type CommandResult, runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { startPostgres } from "./support/postgres-server.ts";
import { startWebSocketEcho } from "./support/websocket-echo.ts";

const MIB = 1024 * 1024;
const PROGRAMS = [CURL, IPERF3, PSQL, REDIS_CLI, REDIS_SERVER, SFTP, SSHD, WRK];

/** Programs that everybody has, against servers that everybody runs: they know nothing of Fizz. */
describe("a door, used by", function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  const signal = new AbortController().signal;
  let dir = "";
  let doors: Doors;

  before(async function () {
    // Debian's archive is where they come from; a machine that is none of Debian's has to bring its own.
    this.timeout(300_000);
    if (!existsSync("/usr/bin/apt-get")) this.skip();
    for (const program of PROGRAMS) await unpackProgram(program);
    dir = cleanup.use("folder", await createTempDir("clients")).path;
    doors = await openDoors();
  });
  after(() => cleanup.stop());

  it("psql: 100,000 rows of a copy", async () => {
    const query = "copy (select n, md5(n::text) from generate_series(1, 100000) n) to stdout";
    const words = ["-h", "127.0.0.1", "-U", "postgres", "-d", "postgres", "-Atc", query, "-p"];
    const behind = await run(PSQL, [...words, doors.origins.postgres]);
    const through = await run(PSQL, [...words, doors.postgres]);
    expect(through.stdout.split("\n").length).to.equal(100_001);
    expect(digest(through.stdout)).to.equal(digest(behind.stdout));
  });

  it("redis-cli: a value of 2 MiB, and 20,000 commands in one pipe", async () => {
    const words = ["-h", "127.0.0.1", "-p", doors.redis];
    const value = randomBytes(MIB).toString("hex");
    expect((await run(REDIS_CLI, [...words, "-x", "SET", "big"], value)).stdout.trim()).to.equal("OK");
    const read = await run(REDIS_CLI, [...words, "GET", "big"]);
    expect(digest(read.stdout.trim())).to.equal(digest(value));
    const commands = Array.from({ length: 20_000 }, (_, index) => `SET key:${index} ${index}\r\n`).join("");
    const { stdout } = await run(REDIS_CLI, [...words, "--pipe"], commands);
    expect(stdout).to.contain("errors: 0, replies: 20000");
    expect((await run(REDIS_CLI, [...words, "GET", "key:19999"])).stdout.trim()).to.equal("19999");
  });

  it("sftp and sshd: 8 MiB up and down again", async () => {
    const [sent, back] = [join(dir, "sent"), join(dir, "back")];
    const body = randomBytes(8 * MIB);
    await writeFile(sent, body);
    const client = doors.sshClient.slice(1).map((word) => word.replace(/^-p$/, "-P"));
    const remote = `${doors.sshFolder}/there`;
    const batch = `put ${sent} ${remote}\nget ${remote} ${back}\nrm ${remote}\n`;
    await run(SFTP, [...client, "-b", "-", doors.sshDestination], batch);
    expect(digest(await readFile(back))).to.equal(digest(body));
  });

  it("curl, HTTP/1.1: 16 MiB posted and 16 MiB read over one connection", async () => {
    const file = join(dir, "body");
    const body = randomBytes(16 * MIB);
    await writeFile(file, body);
    const url = `http://127.0.0.1:${doors.http}`;
    const words = ["-sSf", "--http1.1", "-w", " %{http_version} %{num_connects}\n"];
    const post = ["--data-binary", `@${file}`, `${url}/digest`];
    const get = ["-o", join(dir, "read"), `${url}/body`];
    const { stdout } = await run(CURL, [...words, ...post, "--next", ...words, ...get]);
    expect(stdout).to.equal(`${digest(body)} 1.1 1\n 1.1 0\n`);
    expect(digest(await readFile(join(dir, "read")))).to.equal(digest(doors.body));
  });

  it("curl, HTTP/2 without TLS: 4 MiB posted and 16 MiB read", async () => {
    const file = join(dir, "body");
    const body = randomBytes(4 * MIB);
    await writeFile(file, body);
    const url = `http://127.0.0.1:${doors.http2}`;
    const words = ["-sSf", "--http2-prior-knowledge", "-w", " %{http_version}\n"];
    const { stdout } = await run(CURL, [...words, "--data-binary", `@${file}`, `${url}/digest`]);
    expect(stdout).to.equal(`${digest(body)} 2\n`);
    const read = join(dir, "read");
    await run(CURL, [...words, "-o", read, `${url}/body`]);
    expect(digest(await readFile(read))).to.equal(digest(doors.body));
  });

  it("wrk: every answer of 64 connections is right", async () => {
    const load = { url: `http://127.0.0.1:${doors.http}/`, connections: 64, seconds: 1 };
    expect((await measureRequests(load, signal)).perSecond).to.be.above(0);
  });

  it("a WebSocket client: 500 messages in order", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${doors.webSocket}/`);
    const sent = Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(index * 20)}`);
    const heard: string[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("error", () => {
        reject(new Error("the WebSocket failed"));
      });
      socket.addEventListener("open", () => {
        for (const text of sent) socket.send(text);
      });
      socket.addEventListener("message", ({ data }) => {
        heard.push(String(data));
        if (heard.length === sent.length) socket.close();
      });
      socket.addEventListener("close", () => {
        resolve();
      });
    });
    expect(heard).to.deep.equal(sent);
  });

  for (const direction of ["up", "down"] as const)
    it(`iperf3: 4 connections ${direction}`, async () => {
      const load = { port: doors.iperf, connections: 4, direction, seconds: 1 };
      expect(await measureBulk(load, signal)).to.be.above(0);
    });

  interface Doors {
    readonly postgres: number;
    readonly redis: number;
    readonly http: number;
    readonly http2: number;
    readonly webSocket: number;
    readonly iperf: number;
    readonly sshClient: readonly string[];
    readonly sshDestination: string;
    readonly sshFolder: string;
    readonly body: Buffer;
    readonly origins: { readonly postgres: number };
  }

  async function openDoors(): Promise<Doors> {
    const context = { dir, signal };
    const body = randomBytes(16 * MIB);
    const postgres = cleanup.use("postgres", await startPostgres());
    const webSocket = cleanup.use("websocket", await startWebSocketEcho());
    const redis = await startRedis();
    const iperf = await startIperf();
    const http = await startHttp(createHttpServer(webPages(body)));
    const http2 = await startHttp(createHttp2Server(webPages(body)));
    const ssh = await startSshServer(context, cleanup);
    const ports = [postgres.port, redis, http, http2, webSocket.port, iperf, ssh.port];
    const [publicPorts = []] = await startFizzWorld([ports], context, cleanup);
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = publicPorts;
    return {
      postgres: first,
      redis: second,
      http: third,
      http2: fourth,
      webSocket: fifth,
      iperf: sixth,
      sshClient: ssh.client.map((word) => (word === String(ssh.port) ? String(seventh) : word)),
      sshDestination: ssh.destination,
      sshFolder: ssh.folder,
      body,
      origins: { postgres: postgres.port },
    };
  }

  async function startRedis(): Promise<number> {
    const port = await freePort();
    const { path, env } = await unpackProgram(REDIS_SERVER);
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", dir];
    const argv = [path, ...words, "--daemonize", "no"];
    await startServer({ name: "redis", argv, env, port }, { dir, signal }, cleanup);
    return port;
  }

  async function startIperf(): Promise<number> {
    const port = await freePort();
    const { path, env } = await unpackProgram(IPERF3);
    const argv = [path, "-s", "-B", "127.0.0.1", "-p", String(port)];
    await startServer({ name: "iperf3", argv, env, port }, { dir, signal }, cleanup);
    return port;
  }

  async function startHttp(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanup.defer("http", () => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function run(
    program: DebianProgram,
    words: readonly (string | number)[],
    input = "",
  ): Promise<CommandResult> {
    const { path, env } = await unpackProgram(program);
    const argv = [path, ...words.map(String)];
    const result = await runCommand(argv, { env: { HOME: dir, ...env }, input });
    expect(result.status, `${argv.join(" ")}: ${result.stderr}`).to.equal(0);
    return result;
  }
});

/** What HTTP/1.1 and HTTP/2 servers of Node have in common. */
interface Exchange {
  readonly request: AsyncIterable<Buffer> & { readonly url?: string | undefined };
  readonly response: { end(body: string | Buffer): void };
}

function webPages(body: Buffer) {
  return (request: Exchange["request"], response: Exchange["response"]): void => {
    void digestOf(request).then((sum) => {
      response.end(request.url === "/body" ? body : request.url === "/digest" ? sum : "hello");
    });
  };
}

async function digestOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

function digest(body: string | Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}
