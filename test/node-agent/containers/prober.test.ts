import { expect } from "chai";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { prober } from "../../../node-agent/src/containers/prober.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";

const host = "127.0.0.1";

describe("prober", () => {
  const cleanup = new Cleanup();
  after(async () => {
    await cleanup.stop();
  });

  it("takes an accepted connection for healthy, and nothing else", async () => {
    const port = await listen();
    expect(await probe({ port })).to.equal(undefined);
    expect(await probe({ port: await freePort() })).to.match(/^Nothing answers on port \d+$/);
  });

  it("takes an answer from 200 to 399 for healthy, without going where it leads", async () => {
    const asked: string[] = [];
    const port = await serve((request, response) => {
      asked.push(request.url ?? "");
      const [, status = "500"] = /^\/(\d+)$/.exec(request.url ?? "") ?? [];
      response.writeHead(Number(status), { location: "/elsewhere" }).end("body");
    });
    for (const status of [200, 204, 302, 399])
      expect(await probe({ port, path: `/${status}` }), String(status)).to.equal(undefined);
    for (const status of [400, 404, 500, 503])
      expect(await probe({ port, path: `/${status}` })).to.include(`is answered with ${status}`);
    expect(asked.filter((path) => path === "/elsewhere")).to.deep.equal([]);
  });

  it("does not wait for a body without end, nor for an answer that never comes", async () => {
    const endless = await serve((_request, response) => {
      response.writeHead(200).write("x");
    });
    expect(await probe({ port: endless, path: "/" })).to.equal(undefined);
    const silent = await serve(() => undefined);
    expect(await probe({ port: silent, path: "/" }, 100)).to.equal(`Port ${silent} does not answer in time`);
  });

  it("is not fooled by what is no HTTP", async () => {
    const port = await listen();
    expect(await probe({ port, path: "/" }, 2_000)).to.match(/is not answered|in time/);
  });

  async function probe(what: { readonly port: number; readonly path?: string }, ms = 5_000) {
    return await prober.probe({ host, path: null, ...what }, AbortSignal.timeout(ms));
  }

  async function closed(server: { close(done: () => void): unknown }): Promise<void> {
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }

  async function listen(): Promise<number> {
    const server = createTcpServer((socket) => {
      socket
        .on("error", () => undefined)
        .resume()
        .end("not http\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    cleanup.use("server", { stop: () => closed(server) });
    return (server.address() as AddressInfo).port;
  }

  async function serve(listener: RequestListener): Promise<number> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    cleanup.use("server", {
      stop: async () => {
        server.closeAllConnections();
        await closed(server);
      },
    });
    return (server.address() as AddressInfo).port;
  }
});
