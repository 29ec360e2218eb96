import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type RequestListener } from "node:http";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions } from "node:tls";
import { promisify } from "node:util";
import { expect } from "chai";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { eventually } from "../support/builders.ts";
import {
  ask,
  DOMAIN,
  type RoutedWorld,
  type RoutedWorldInit,
  startRoutedWorld,
} from "../support/routed-world.ts";

const run = promisify(execFile);
const DAY_MS = 86_400_000;
const hello: RequestListener = (request, response) => {
  response.end(
    `hello ${String(request.headers["x-forwarded-proto"])} ${String(request.headers["x-forwarded-port"])}`,
  );
};

describe("HTTPS by host name", () => {
  const running: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is served for HTTP services too, under a certificate of the gateway's wildcard", async () => {
    const world = await setup();
    const { certificate, answer } = await get(world, world.host);
    expect(answer)
      .to.match(/^HTTP\/1[.]1 200 /)
      .and.to.include(`hello https ${world.httpsPort}`);
    expect(certificate.checkHost(world.host)).to.equal(`*.${DOMAIN}`);
    expect(certificate.verify(certificate.publicKey)).to.equal(true);
  });

  it("shows the same certificate to unknown names, and an honest page behind it", async () => {
    const world = await setup();
    const known = (await get(world, world.host)).certificate.fingerprint256;
    const { certificate, answer } = await get(world, "nobody.test");
    expect(answer).to.match(/^HTTP\/1[.]1 404 /);
    expect(certificate.fingerprint256).to.equal(known);
  });

  it("refuses a request for another host than the handshake's, and takes one without a name", async () => {
    const world = await setup();
    const { answer } = await get(world, "nobody.test", world.host);
    expect(answer)
      .to.match(/^HTTP\/1[.]1 421 /)
      .and.to.include("HOST_MISMATCH");
    expect(world.gateway.router.counts.guards.host_mismatch).to.equal(1);
    expect((await get(world, undefined, world.host)).answer).to.match(/^HTTP\/1[.]1 200 /);
  });

  it("speaks TLS 1.2 and 1.3, resumes sessions, and speaks nothing older", async () => {
    const world = await setup();
    const sessionFile = join(folder(), "session");
    const s_client = async (...options: string[]): Promise<string> => {
      const target = ["s_client", "-connect", `127.0.0.1:${world.httpsPort}`, "-servername", world.host];
      const child = run("openssl", [...target, ...options]);
      child.child.stdin?.end(`GET / HTTP/1.1\r\nHost: ${world.host}\r\nConnection: close\r\n\r\n`);
      return (await child.catch((error: unknown) => error as { stdout: string })).stdout;
    };
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const first = await s_client(version, "-sess_out", sessionFile, "-ign_eof");
      expect(first, version).to.include("New, TLSv1.").and.to.include("hello https");
      expect(await s_client(version, "-sess_in", sessionFile, "-ign_eof"), version).to.include(
        "Reused, TLSv1.",
      );
    }
    expect(await s_client("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")).to.include("(NONE)");
  }).timeout(30_000);

  it("shows the operator's certificates by name, new ones without a restart, broken ones as they were", async () => {
    const given = folder();
    const nowhere = folder();
    const pairOf = async (domain: string): Promise<void> => {
      await selfSignedPair({ path: join(nowhere, domain), domain, now: Date.now() });
      copyFileSync(join(nowhere, `${domain}.key`), join(given, `${domain}.key`));
      copyFileSync(join(nowhere, `${domain}.crt`), join(given, `${domain}.crt`));
    };
    await pairOf("acme.test");
    writeFileSync(join(given, "broken.pem"), "no certificate");
    const world = await setup({ accept: ["www.acme.test", "later.test"] }, { given, lookEveryMs: 50 });
    const namesOf = async (name: string): Promise<string> =>
      (await get(world, name)).certificate.subjectAltName ?? "";
    expect(await namesOf("www.acme.test")).to.include("*.acme.test");
    expect(await namesOf("later.test")).to.include(`*.${DOMAIN}`);
    await pairOf("later.test");
    await eventually(async () => (await namesOf("later.test")).includes("DNS:later.test"));
    writeFileSync(join(given, "acme.test.crt"), "broken");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await namesOf("www.acme.test")).to.include("*.acme.test");
  }).timeout(30_000);

  it("sends the callers of an HTTPS service there, and keeps method and path", async () => {
    const world = await setup({ scheme: "https" });
    expect(world.endpoints[0]?.url).to.equal(`https://${world.host}:${world.httpsPort}`);
    const { status, headers } = await ask(world, { path: "/a?b=c", method: "POST" });
    expect(status).to.equal(308);
    expect(headers.location).to.equal(`https://${world.host}:${world.httpsPort}/a?b=c`);
  });

  it("ends a handshake that does not go on, or is none, and counts it", async () => {
    const world = await setup({}, {}, { handshakeMs: 300 });
    const silent = connectTcp(world.httpsPort, "127.0.0.1");
    silent.on("error", () => undefined).resume();
    const from = performance.now();
    await once(silent, "close");
    expect(performance.now() - from).to.be.within(200, 5_000);
    const plain = connectTcp(world.httpsPort, "127.0.0.1");
    plain.on("error", () => undefined).resume();
    plain.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(plain, "close");
    expect(world.gateway.router.counts.guards.handshake).to.equal(2);
    await eventually(() => world.gateway.doors.counts().connections === 0);
  });

  async function setup(
    init: Partial<RoutedWorldInit> = {},
    https: { given?: string; lookEveryMs?: number } = {},
    limits: { handshakeMs?: number } = {},
  ): Promise<RoutedWorld> {
    const tls = { port: 0, folder: folder(), given: https.given, ...https };
    const world = await startRoutedWorld({ origins: [hello], ...init, routing: { https: tls, limits } });
    running.push(() => world.stop());
    return world;
  }

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "fizz-tls-test-"));
    running.push(() => {
      rmSync(path, { recursive: true, force: true });
    });
    return path;
  }

  async function get(
    { httpsPort }: RoutedWorld,
    servername: string | undefined,
    host = servername ?? "",
  ): Promise<{ certificate: X509Certificate; answer: string }> {
    const options: ConnectionOptions = { port: httpsPort, host: "127.0.0.1", rejectUnauthorized: false };
    const socket = connect(servername === undefined ? options : { ...options, servername });
    await once(socket, "secureConnect");
    const certificate = new X509Certificate(socket.getPeerCertificate().raw);
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await once(socket, "close");
    return { certificate, answer };
  }
});

describe("the gateway's own certificate", () => {
  it("is kept, and made anew for another domain, when it ends soon, and when it is broken", async () => {
    const directory = mkdtempSync(join(tmpdir(), "fizz-tls-test-"));
    const path = join(directory, "tls", "self-signed");
    const now = Date.now();
    const make = async (domain: string, at: number): Promise<string> =>
      (await selfSignedPair({ path, domain, now: at })).cert;
    const first = await make("gw.test", now);
    expect(await make("gw.test", now + 300 * DAY_MS)).to.equal(first);
    const renewed = await make("gw.test", now + 367 * DAY_MS);
    expect(renewed).not.to.equal(first);
    const other = await make("other.test", now + 367 * DAY_MS);
    expect(new X509Certificate(other).subjectAltName).to.include("*.other.test");
    writeFileSync(`${path}.key`, "broken");
    expect(await make("other.test", now + 367 * DAY_MS)).not.to.equal(other);
    expect(readFileSync(`${path}.key`, "utf8")).to.include("PRIVATE KEY");
    rmSync(directory, { recursive: true });
  });
});
