import { once } from "node:events";
import { connect, createServer } from "node:net";
import { type OpenPart } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { chooseTarget } from "../../cli/src/connect/choose-target.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { sampleOrder } from "../support/sample-order.ts";
import { NetworkSuite } from "./support/network-suite.ts";
import { eventually } from "../relayer/support/builders.ts";

describe("chooseTarget", () => {
  const wish = { port: 8080, service: undefined, replica: 0 };

  it("takes the only service that exposes the port, or the named one", () => {
    expect(chooseTarget(manifest("web"), wish)).to.deep.equal({ service: "web", replica: 0, port: 8080 });
    expect(chooseTarget(manifest("web", "db"), { ...wish, service: "db" }).service).to.equal("db");
  });

  for (const [what, openPart, change, code] of [
    ["a port that nobody exposes", manifest("web"), { port: 22 }, "SERVICE_UNKNOWN"],
    ["a service that is not there", manifest("web"), { service: "db" }, "SERVICE_UNKNOWN"],
    ["a replica that is not there", manifest("web"), { replica: 1 }, "SERVICE_UNKNOWN"],
    ["a port of several services", manifest("web", "db"), {}, "USAGE"],
  ] as [string, OpenPart, object, string][])
    it(`refuses ${what}, and says what there is`, () => {
      expect(() => chooseTarget(openPart, { ...wish, ...change }))
        .to.throw("web")
        .with.property("code", code);
    });

  function manifest(...names: string[]): OpenPart {
    const { openPart } = sampleOrder();
    const [service] = openPart.services;
    if (service === undefined) throw new Error("the sample has no service");
    return { ...openPart, services: names.map((name) => ({ ...service, name, count: 1 })) };
  }
});

describe("fizz connect", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();

  it("listens on the wished port, carries bytes, and ends with 0 at Ctrl-C", async () => {
    const lid = await suite.createLease();
    const port = await freePort();
    const interrupt = new AbortController();
    const running = suite.run(["connect", "--lid", lid, `${port}:8080`], { signal: interrupt.signal });
    const heard = await talk(port, "and hello node");
    interrupt.abort();
    const result = await running;
    expect(heard).to.equal("hello tenant\nand hello node");
    expect([result.code, result.stdout], result.stderr).to.deep.equal([0, `127.0.0.1:${port}\n`]);
  });

  it("tells events as JSON, and takes another port when the service's own is taken", async () => {
    const lid = await suite.createLease();
    const taken = createServer();
    taken.listen(8080, "127.0.0.1");
    // Whoever holds it, it is taken.
    await Promise.race([once(taken, "listening"), once(taken, "error")]).catch(() => undefined);
    const interrupt = new AbortController();
    const result = await suite.run(["connect", "--lid", lid, "-o", "json", "8080"], {
      signal: interrupt.signal,
      onStdout: () => {
        interrupt.abort();
      },
    });
    taken.close();
    const [listening] = result.stdout
      .split("\n")
      .map((line) => JSON.parse(line || "{}") as Record<string, unknown>);
    expect(listening).to.include({ event: "listening", service: "web", replica: 0, remotePort: 8080 });
    expect(listening?.["port"]).to.not.be.oneOf([0, 8080]);
    expect(result.code).to.equal(0);
  });

  it("refuses what the manifest does not expose, a taken port, and a closed lease", async () => {
    const lid = await suite.createLease();
    const unknown = await suite.run(["connect", "--lid", lid, "22"]);
    expect([unknown.code, unknown.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 6 && text.includes("web:8080"),
    );
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const busy = await suite.run(["connect", "--lid", lid, `${port}:8080`]);
    taken.close();
    expect([busy.code, busy.stderr.includes("EADDRINUSE")]).to.deep.equal([2, true]);
    await suite.run(["deployment", "close", "--lid", lid, "--yes"]);
    expect((await suite.run(["connect", "--lid", lid, "8080"])).code).to.equal(6);
  });

  /** Connects as soon as somebody listens, says something, and hears the answer to its end. */
  async function talk(port: number, words: string): Promise<string> {
    let heard = "";
    await eventually(async () => {
      const socket = connect({ port, host: "127.0.0.1" });
      const opened = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      if (!opened) return false;
      socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
      socket.end(words);
      await once(socket, "close");
      return true;
    }, 20_000);
    return heard;
  }
});
