import { mkdtempSync, rmSync } from "node:fs";
import { type RequestListener } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { newKey } from "../../../relayer/src/routing/certificates/account-key.ts";
import { AcmeAuthority } from "../../../relayer/src/routing/certificates/acme-authority.ts";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { codeOf } from "../../support/code-of.ts";
import { eventually } from "../support/builders.ts";

const slot = { known: undefined, keep: () => Promise.resolve() };

/** What one that works does is tested with Let's Encrypt's own, in test/integration/certificates.test.ts. */
describe("an authority that does not work", () => {
  const running: (() => void)[] = [];
  afterEach(() => {
    for (const stop of running.splice(0).reverse()) stop();
  });
  const order = (authority: AcmeAuthority, signal = new AbortController().signal): Promise<unknown> =>
    codeOf(authority.order("a.test", signal, slot));

  it("is unreachable when it answers 5xx, with too much, or not at all", async () => {
    const failing = await setup((_request, response) =>
      response.writeHead(503, { "retry-after": "86400" }).end(),
    );
    expect(await order(failing.authority)).to.equal("CA_UNREACHABLE");
    expect(failing.calls(), "it is asked once").to.equal(1);
    const flood = await setup((_request, response) => response.end("x".repeat(2 * 1024 * 1024)));
    expect(await order(flood.authority)).to.equal("CA_UNREACHABLE");
    const gone = await setup((request) => request.socket.destroy());
    expect(await order(gone.authority)).to.equal("CA_UNREACHABLE");
  });

  it("is unreachable when its own certificate is not known here", async () => {
    const other = await setup((_request, response) => response.end("{}"));
    const unknown = await setup((_request, response) => response.end("{}"), { ca: other.ca });
    expect(await order(unknown.authority)).to.equal("CA_UNREACHABLE");
    expect(unknown.calls()).to.equal(0);
  });

  it("is left as soon as the order is given up", async () => {
    const silent = await setup(() => undefined);
    const giveUp = new AbortController();
    const code = order(silent.authority, giveUp.signal);
    await eventually(() => silent.calls() === 1);
    giveUp.abort();
    expect(await code).to.equal("CA_UNREACHABLE");
    expect(await order(silent.authority, AbortSignal.abort())).to.equal("CA_UNREACHABLE");
  });

  it("has refused when it answers what is no directory, or with a long reason, of which a part is told", async () => {
    const strange = await setup((_request, response) => response.end("{}"));
    expect(await order(strange.authority)).to.equal("CERTIFICATE_REFUSED");
    const wordy = await setup((request, response) => {
      const here = `https://localhost:${String(request.socket.localPort)}`;
      response.setHeader("replay-nonce", "bm9uY2U").setHeader("content-type", "application/json");
      if (request.url === "/dir")
        response.end(JSON.stringify({ newNonce: `${here}/nonce`, newAccount: `${here}/account` }));
      else response.writeHead(400).end(JSON.stringify({ detail: "no ".repeat(100_000) }));
    });
    const problem = await wordy.authority
      .order("a.test", new AbortController().signal, slot)
      .catch((error: unknown) => error);
    expect(problem).to.have.property("code", "CERTIFICATE_REFUSED");
    expect((problem as Error).cause).to.equal(undefined);
    expect((problem as Error).message)
      .to.match(/^No certificate for a[.]test: no no /)
      .and.to.have.length.below(600);
  });

  async function setup(listener: RequestListener, { ca }: { ca?: string } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "fizz-authority-test-"));
    const pair = await selfSignedPair({ path: join(folder, "https"), domain: "localhost", now: Date.now() });
    let calls = 0;
    const server = createServer(pair, (request, response) => {
      calls += 1;
      listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    running.push(() => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    });
    const authority = new AcmeAuthority(
      { show: () => Promise.resolve(() => Promise.resolve()) },
      {
        directory: `https://localhost:${(server.address() as AddressInfo).port}/dir`,
        email: undefined,
        ca: ca ?? pair.cert,
        accountKey: () => Promise.resolve(newKey()),
      },
    );
    return { authority, ca: pair.cert, calls: () => calls };
  }
});
