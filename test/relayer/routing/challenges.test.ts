import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect } from "chai";
import { type Answer, ask, type RoutedWorld, startRoutedWorld } from "../support/routed-world.ts";

const PATH = "/.well-known/acme-challenge/token-of-ours";

describe("the challenge of a pending order", () => {
  const running: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is answered for its name on plain HTTP, also where the service speaks only HTTPS, until it is over", async () => {
    const { world, hide } = await setup();
    const answer = await ask(world, { path: PATH });
    expect(answer).to.deep.include({ status: 200, body: "token.thumbprint" });
    expect(answer.headers).to.include({ "content-type": "application/octet-stream", "content-length": "16" });
    expect((await ask(world, { path: PATH, host: `${world.host.toUpperCase()}.:80` })).body).to.equal(
      "token.thumbprint",
    );
    expect(await ask(world, { path: PATH, method: "HEAD" })).to.deep.include({ status: 200, body: "" });
    expect(world.gateway.router.counts.outcomes["2xx"]).to.equal(3);
    hide();
    expect((await ask(world, { path: PATH })).status, "as any other path").to.equal(308);
  });

  it("is answered for no other name, token or path, and not over TLS", async () => {
    const { world } = await setup();
    const statusOf = async (init: Parameters<typeof ask>[1]): Promise<Answer["status"]> =>
      (await ask(world, init)).status;
    expect(await statusOf({ path: PATH, host: "www.acme.test" })).to.equal(308);
    expect(await statusOf({ path: PATH, host: "nobody.test" })).to.equal(404);
    for (const path of [`${PATH}x`, `${PATH}?x`, `${PATH}/`, "/.well-known/acme-challenge/", `/x${PATH}`])
      expect(await statusOf({ path }), path).to.equal(308);
    expect(await overTls(world, PATH)).to.include("container /.well-known/acme-challenge/token-of-ours");
  });

  async function setup() {
    const folder = mkdtempSync(join(tmpdir(), "fizz-challenge-test-"));
    running.push(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const world = await startRoutedWorld({
      origins: [(request, response) => response.end(`container ${request.url ?? ""}`)],
      scheme: "https",
      accept: ["www.acme.test"],
      routing: { https: { port: 0, folder, given: undefined } },
    });
    running.push(() => world.stop());
    const challenge = { name: world.host, token: "token-of-ours", answer: "token.thumbprint" };
    return { world, hide: world.gateway.router.challenges.show(challenge) };
  }

  async function overTls({ httpsPort, host }: RoutedWorld, path: string): Promise<string> {
    const options = { port: httpsPort, host: "127.0.0.1", servername: host, rejectUnauthorized: false };
    const socket = connect(options);
    let text = "";
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await once(socket, "close");
    return text;
  }
});
