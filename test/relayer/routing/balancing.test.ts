import { Agent, createServer, request, type RequestListener, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { expect } from "chai";
import { eventually } from "../support/builders.ts";
import {
  ask,
  routedDoor,
  type RoutedWorld,
  type RoutedWorldInit,
  startRoutedWorld,
} from "../support/routed-world.ts";

describe("a service with several replicas", () => {
  const running: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const world of running.splice(0)) await world.stop();
  });

  it("has one name, and its replicas share the requests evenly", async () => {
    const served = [0, 0, 0];
    const world = await setup(
      served.map((_, replica) => (_request, response) => {
        served[replica] = (served[replica] ?? 0) + 1;
        response.end();
      }),
    );
    expect(new Set(world.endpoints.map(({ url }) => url)).size).to.equal(1);
    expect(world.endpoints.map(({ replica }) => replica)).to.deep.equal([0, 1, 2]);
    await many(world, 300, { parallel: 6 });
    for (const count of served) expect(count).to.be.within(80, 120);
  });

  it("is asked over connections that are kept, whatever the method", async () => {
    const world = await setup([(_request, response) => response.end("x")]);
    let connections = 0;
    world.origins[0]?.on("connection", () => (connections += 1));
    for (let round = 0; round < 20; round += 1) {
      await ask(world);
      await ask(world, { method: "POST", body: "abc" });
    }
    expect(connections).to.equal(1);
  });

  it("gives less to a replica that is slow", async () => {
    const served = [0, 0];
    const world = await setup([
      (_request, response) => {
        served[0] = (served[0] ?? 0) + 1;
        setTimeout(() => response.end(), 200);
      },
      (_request, response) => {
        served[1] = (served[1] ?? 0) + 1;
        response.end();
      },
    ]);
    await many(world, 200, { parallel: 8 });
    expect(served[0]).to.be.below(60);
  });

  it("loses no request when a replica stops answering under load, and takes it back when it listens again", async () => {
    const served = [0, 0, 0];
    const count =
      (replica: number): RequestListener =>
      (_request, response) => {
        served[replica] = (served[replica] ?? 0) + 1;
        response.end("x".repeat(100));
      };
    const world = await setup(served.map((_, replica) => count(replica)));
    const origin = world.origins[1];
    const port = (origin?.address() as AddressInfo).port;
    const load = many(world, 600, { parallel: 8 });
    await eventually(() => (served[1] ?? 0) > 50);
    origin?.closeAllConnections();
    origin?.close();
    await load;
    const before = served[1] ?? 0;
    await many(world, 60, { parallel: 4 });
    expect(served[1]).to.equal(before);
    const again = createServer(count(1));
    running.push({
      stop: async () => {
        stop(again);
        await Promise.resolve();
      },
    });
    await new Promise<void>((resolve) => again.listen(port, "127.0.0.1", resolve));
    await eventually(async () => {
      await many(world, 6, { parallel: 2 });
      return (served[1] ?? 0) > before;
    }, 10_000);
  }).timeout(60_000);

  it("loses no request of any method when the manifest takes a replica away under load", async () => {
    const served = [0, 0];
    const world = await setup(
      served.map((_, replica) => (request, response) => {
        served[replica] = (served[replica] ?? 0) + 1;
        request.resume().on("end", () => setTimeout(() => response.end(), 5));
      }),
    );
    const load = many(world, 600, { parallel: 8, method: "POST" });
    await eventually(() => (served[1] ?? 0) > 50);
    await world.open([routedDoor(0)]);
    const before = served[1] ?? 0;
    await load;
    expect(served[1]).to.be.below(before + 10);
    const connections = await new Promise<number>((resolve) =>
      world.origins[1]?.getConnections((_error, all) => {
        resolve(all);
      }),
    );
    expect(connections).to.equal(0);
  }).timeout(60_000);

  it("loses no request when its node opens the doors anew under load, and gets new connections from then on", async () => {
    const kept = new Set<unknown>();
    const world = await setup([
      (request, response) => {
        kept.add(request.socket);
        request.resume().on("end", () => setTimeout(() => response.end(), 5));
      },
    ]);
    const load = many(world, 400, { parallel: 4, method: "POST" });
    await eventually(() => kept.size >= 2);
    const before = new Set(kept);
    await world.open([routedDoor(0)]);
    await load;
    expect(kept.size).to.be.above(before.size);
    kept.clear();
    await ask(world);
    for (const socket of kept) expect(before.has(socket)).to.equal(false);
  });

  it("is asked once more where that does no harm, and the manifest names the case", async () => {
    let asked = 0;
    const failing: RequestListener = (_request, response) => {
      asked += 1;
      if (response.req.url === "/cut") response.socket?.destroy();
      else response.writeHead(502).end("mine");
    };
    const fine: RequestListener = (_request, response) => response.end("fine");
    const world = await setup([failing, fine], { options: { nextCases: ["error", "502"] } });
    for (const path of ["/status", "/cut"])
      for (let round = 0; round < 4; round += 1) expect((await ask(world, { path })).body).to.equal("fine");
    expect(asked).to.be.above(0);
    const off = await setup([failing], { options: { nextCases: ["off"] } });
    expect(await ask(off, { path: "/status" })).to.include({ status: 502, body: "mine" });
    const cut = await ask(off, { path: "/cut", method: "POST", body: "x" });
    expect([cut.status, cut.body.includes("REPLICA_FAILED")]).to.deep.equal([502, true]);
  });

  it("is not asked twice to do what may have been done", async () => {
    let asked = 0;
    const failing: RequestListener = (request, response) => {
      request.resume().on("end", () => {
        asked += 1;
        response.socket?.destroy();
      });
    };
    const world = await setup([failing, failing]);
    expect((await ask(world, { method: "POST", body: "order" })).status).to.equal(502);
    expect(asked).to.equal(1);
    expect((await ask(world, { method: "DELETE" })).status).to.equal(502);
    expect(asked).to.equal(3);
  });

  it("that does not answer in time is passed over, and told as 504 when it is the last", async () => {
    const silent: RequestListener = () => undefined;
    const fine: RequestListener = (_request, response) => response.end("fine");
    const world = await setup([silent, fine], { options: { readTimeoutMs: 300 } });
    for (let round = 0; round < 2; round += 1) expect((await ask(world)).body).to.equal("fine");
    const alone = await setup([silent], { options: { readTimeoutMs: 300 } });
    const { status, body } = await ask(alone);
    expect([status, body.includes("REPLICA_TIMEOUT")]).to.deep.equal([504, true]);
  });

  it("gets bodies up to its limit: more is refused at once, or as soon as it is there", async () => {
    let got = 0;
    const world = await setup(
      [
        (request, response) =>
          request.on("data", (chunk: Buffer) => (got += chunk.length)).on("end", () => response.end("ok")),
      ],
      { options: { maxBodySize: 1_000 } },
    );
    expect((await ask(world, { method: "POST", body: "x".repeat(1_000) })).body).to.equal("ok");
    const declared = await ask(world, { method: "POST", body: "x".repeat(1_001) });
    expect(declared.status).to.equal(413);
    expect(got).to.equal(1_000);
    const chunked = { method: "POST", headers: { "transfer-encoding": "chunked" }, body: "x".repeat(5_000) };
    expect((await ask(world, chunked)).status).to.equal(413);
    expect(world.gateway.router.counts.guards.body_size).to.equal(2);
  });

  it("cuts an answer that its container does not finish: it must not look complete", async () => {
    const world = await setup([
      (_request, response) => {
        response.write("half");
        setTimeout(() => response.socket?.destroy(), 50);
      },
    ]);
    const failed = await ask(world).then(
      () => "complete",
      () => "cut",
    );
    expect(failed).to.equal("cut");
  });

  async function setup(
    origins: readonly RequestListener[],
    init: Partial<RoutedWorldInit> = {},
  ): Promise<RoutedWorld> {
    const world = await startRoutedWorld({ ...init, origins });
    running.push(world);
    return world;
  }

  /** Requests over kept connections; each must be answered with 200. */
  async function many(
    { port, host }: RoutedWorld,
    total: number,
    { parallel, method = "GET" }: { readonly parallel: number; readonly method?: string },
  ): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: parallel });
    let left = total;
    const one = async (): Promise<void> => {
      const status = await new Promise<number>((resolve, reject) => {
        const outgoing = request(
          { agent, port, host: "127.0.0.1", method, headers: { host } },
          (response) => {
            response.resume().on("end", () => {
              resolve(response.statusCode ?? 0);
            });
          },
        );
        outgoing.on("error", reject).end(method === "POST" ? "body" : undefined);
      });
      expect(status).to.equal(200);
    };
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await one();
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    agent.destroy();
  }

  function stop(server: Server): void {
    server.closeAllConnections();
    server.close();
  }
});
