import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { expect } from "chai";
import { childEnvironment } from "../../scripts/lib/child-environment.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { eventually } from "../relayer/support/builders.ts";
import { NetworkSuite } from "./support/network-suite.ts";

const GATEWAY_URL = "http://gateway.test";
const GREETING = "hello tenant\n";
const MIB = 1024 * 1024;

interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The program itself, since its standard input and output are what is tested. */
describe("fizz connect --stdio", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();
  let gateway: Server;
  const children = new Set<ChildProcess>();
  before(async () => {
    gateway = createServer((request, response) => {
      void passOn(request).then(
        async (answer) => response.writeHead(answer.status).end(await answer.text()),
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(async () => {
    const { port } = gateway.address() as AddressInfo;
    const description = suite.network.description.replace(GATEWAY_URL, `http://127.0.0.1:${port}`);
    await suite.home.write(".fizz/network.json", description);
  });
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
  });
  after(() => {
    gateway.closeAllConnections();
    gateway.close();
  });

  it("carries bytes both ways as they come, and ends with 0 once both sides have ended", async () => {
    const { child, ended } = start(await suite.createLease(), "8080");
    const heard = reader(child);
    expect(await heard(GREETING.length)).to.deep.equal(Buffer.from(GREETING));
    // An answer comes while the input is open.
    for (const word of ["one", "two"]) {
      child.stdin?.write(word);
      expect(String(await heard(word.length))).to.equal(word);
    }
    child.stdin?.end();
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(0);
  });

  it("hears the whole answer after its input has ended, with nothing else on standard output", async () => {
    const body = randomBytes(4 * MIB);
    const { child, ended } = start(await suite.createLease(), "8080");
    child.stdin?.end(body);
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).to.equal(0);
    expect(stdout.equals(Buffer.concat([Buffer.from(GREETING), body]))).to.equal(true);
  });

  it("passes on that the service has ended, and goes on sending", async () => {
    suite.network.behaviour.connection = "end";
    const { child, ended } = start(await suite.createLease(), "8080");
    if (child.stdout === null) throw new Error("no stdout");
    await once(child.stdout, "end");
    expect(child.exitCode, "it waits for its input").to.equal(null);
    child.stdin?.end("sent after the answer");
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).to.equal(0);
    expect(String(stdout)).to.equal(GREETING);
    await eventually(() => suite.network.heard().endsWith("sent after the answer"));
  });

  it("ends with 5 when the connection is cut: what came is not all", async () => {
    suite.network.behaviour.connection = "cut";
    const { child, ended } = start(await suite.createLease(), "8080");
    await reader(child)(GREETING.length);
    child.stdin?.write("x");
    const { code, stderr } = await ended;
    expect([code, stderr.includes("STREAM_CLOSED")], stderr).to.deep.equal([5, true]);
  });

  it("ends with the code of a refusal, without a byte on standard output", async () => {
    const closed = await suite.createLease();
    await suite.run(["deployment", "close", "--lid", closed, "--yes"]);
    const lid = await suite.createLease();
    const refusals = [
      [lid, "22", 6, "SERVICE_UNKNOWN"],
      [closed, "8080", 6, "LEASE_WRONG_STATE"],
      ["999", "8080", 6, "LEASE_NOT_FOUND"],
      [lid, "http", 2, "USAGE"],
    ] as const;
    await Promise.all(
      refusals.map(async ([number, port, wanted, name]) => {
        const { code, stdout, stderr } = await start(number, port).ended;
        expect([code, stdout.length, stderr.includes(`[${name}]`)], stderr).to.deep.equal([wanted, 0, true]);
      }),
    );
  });

  it("ends with 0 at Ctrl-C", async () => {
    const { child, ended } = start(await suite.createLease(), "8080");
    await reader(child)(GREETING.length);
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(0);
  });

  function start(lid: string, port: string): { child: ChildProcess; ended: Promise<Ended> } {
    const { folder } = suite.home;
    const argv = [inRoot("cli/src/main.ts"), "connect", "--lid", lid, "--stdio", "--direct", "off", port];
    const env = childEnvironment({ HOME: folder });
    const child = spawn(process.execPath, argv, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    children.add(child);
    child.stdin.on("error", () => undefined);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const stderr = textOf(child.stderr);
    const ended = once(child, "close").then(async ([code]) => ({
      code: code as number | null,
      stdout: Buffer.concat(chunks),
      stderr: await stderr,
    }));
    return { child, ended };
  }

  /** Reads the next so many bytes of standard output. */
  function reader(child: ChildProcess): (size: number) => Promise<Buffer> {
    let waiting = Buffer.alloc(0);
    let wake = (): void => undefined;
    child.stdout?.on("data", (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      wake();
    });
    return async (size) => {
      while (waiting.length < size)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const read = waiting.subarray(0, size);
      waiting = waiting.subarray(size);
      return read;
    };
  }

  /** The gateway of these tests answers in memory: here it is on a port, for another process. */
  async function passOn(request: IncomingMessage): Promise<Response> {
    const { url = "/", method = "GET" } = request;
    const body = await textOf(request);
    return await suite.network.fetch(`${GATEWAY_URL}${url}`, method === "POST" ? { method, body } : {});
  }
});
