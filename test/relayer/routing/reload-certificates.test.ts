import { type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { expect } from "chai";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { CONTRACTS } from "../support/builders.ts";
import { gatewayProgram } from "../support/gateway-program.ts";
import { keySettings } from "../support/key-settings.ts";

describe("a reload", function () {
  this.timeout(120_000);
  const folders: string[] = [];
  const children: ChildProcessWithoutNullStreams[] = [];
  after(() => {
    for (const child of children) child.kill("SIGKILL");
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it("shows new given certificates at once, those of another folder too, and none of a broken lot", async () => {
    const { folder, port, put, write, reload } = await setup();
    expect(await namesAt(port, "www.first.test")).to.include("*.first.test");
    await put("second.test", "given");
    expect(await namesAt(port, "www.second.test"), "not yet").to.include("*.gw.test");
    expect(await reload()).to.include({ code: 0, stdout: "Changed: nothing\n" });
    expect(await namesAt(port, "www.second.test")).to.include("*.second.test");

    await put("third.test", "given");
    for (const file of ["broken.pem", "broken.key"])
      writeFileSync(join(folder, "given", file), "no certificate");
    write({ maxConnections: 20 });
    const refused = await reload();
    expect(refused.code).to.equal(2);
    expect(refused.stderr)
      .to.match(/^CONFIG_INVALID/)
      .and.to.include("broken.pem: The certificate cannot be read.");
    expect(await namesAt(port, "www.third.test"), "nothing changed").to.include("*.gw.test");
    expect(await namesAt(port, "www.second.test")).to.include("*.second.test");

    rmSync(join(folder, "given", "broken.pem"));
    expect((await reload()).stdout, "the limit waited as well").to.equal("Changed: maxConnections\n");
    expect(await namesAt(port, "www.third.test")).to.include("*.third.test");

    await put("fourth.test", "other");
    write({ maxConnections: 20, certificates: join(folder, "other") });
    expect((await reload()).stdout).to.equal("Changed: certificates\n");
    expect(await namesAt(port, "www.fourth.test")).to.include("*.fourth.test");
    expect(await namesAt(port, "www.third.test")).to.include("*.gw.test");
    write({ maxConnections: 20, certificates: join(folder, "nowhere") });
    expect((await reload()).stderr).to.include("nowhere");
    expect(await namesAt(port, "www.fourth.test")).to.include("*.fourth.test");
  });

  it("is not needed for ordered certificates: a gateway with ACME shows those that it kept", async () => {
    const { port } = await setup({
      FIZZ_GATEWAY_ACME: "true",
      FIZZ_GATEWAY_HTTP_PORT: String(await freePort()),
    });
    expect(await namesAt(port, "kept.test")).to.include("DNS:kept.test");
    expect(await namesAt(port, "other.test")).to.include("DNS:gw.test");
  });

  async function setup(settings: Record<string, string> = {}) {
    const folder = mkdtempSync(join(tmpdir(), "fizz-reload-test-"));
    folders.push(folder);
    const port = await freePort();
    const file = join(folder, "gateway.json");
    const put = async (domain: string, into: string): Promise<void> => {
      const made = join(folder, "made", domain);
      await selfSignedPair({ path: made, domain, now: Date.now() });
      mkdirSync(join(folder, into), { recursive: true });
      for (const ending of ["key", "crt"])
        copyFileSync(`${made}.${ending}`, join(folder, into, `${domain}.${ending}`));
    };
    const write = (changes: object): void => {
      writeFileSync(file, JSON.stringify({ certificates: join(folder, "given"), ...changes }));
    };
    const env = {
      FIZZ_RPC_URL: "http://127.0.0.1:9",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      ...(await keySettings(folder)),
      FIZZ_GATEWAY_API_HOST: "127.0.0.1",
      FIZZ_GATEWAY_API_PORT: "0",
      FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
      FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
      FIZZ_GATEWAY_LINK_PORT: "0",
      FIZZ_GATEWAY_DOMAIN: "gw.test",
      FIZZ_GATEWAY_HTTPS_PORT: String(port),
      FIZZ_GATEWAY_DATA_DIR: join(folder, "data"),
      ...settings,
    };
    const start = await gatewayProgram();
    const run = (argv: readonly string[]): ChildProcessWithoutNullStreams => {
      const child = start([...argv, "--config", file], env);
      children.push(child);
      return child;
    };
    const reload = async (): Promise<{ code: number | null; stdout: string; stderr: string }> => {
      const child = run(["reload"]);
      const exit = once(child, "exit") as Promise<[number | null]>;
      const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
      return { code, stdout, stderr };
    };
    await put("first.test", "given");
    write({ maxConnections: 10 });
    const { cert, key } = await selfSignedPair({
      path: join(folder, "made", "kept"),
      domain: "kept.test",
      now: Date.now(),
    });
    const acme = join(folder, "data", "acme", "certificates");
    mkdirSync(acme, { recursive: true });
    writeFileSync(join(acme, "kept.test.pem"), `Directory: https://ca.test/dir\n${key}${cert}`);
    const gateway = run([]);
    gateway.stderr.resume();
    await once(gateway.stdout, "data");
    return { folder, port, put, write, reload };
  }
});

/** Names of the certificate that is shown for a server name. */
async function namesAt(port: number, servername: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const names = socket.getPeerX509Certificate()?.subjectAltName ?? "";
  socket.destroy();
  return names;
}
