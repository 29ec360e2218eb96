import { once } from "node:events";
import { type RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { codeOf } from "../../support/code-of.ts";
import { eventually, hash, leaseFacts } from "../support/builders.ts";
import { LIMITS } from "../support/limits.ts";
import {
  ask,
  DOMAIN,
  routedDoor,
  type RoutedWorld,
  type RoutedWorldInit,
  startRoutedWorld,
} from "../support/routed-world.ts";

const hello: RequestListener = (request, response) => {
  response.end(`hello ${request.url}`);
};
/** Answers with what it got. */
const mirror: RequestListener = (request, response) => {
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
};

describe("a request by host name", () => {
  const running: RoutedWorld[] = [];
  afterEach(async () => {
    for (const world of running.splice(0)) await world.stop();
  });

  it("reaches the container under the name that its endpoint tells", async () => {
    const world = await setup(hello);
    expect(world.host).to.match(new RegExp(`^web-[a-z2-7]{16}[.]${DOMAIN}$`));
    expect(world.endpoints[0]).to.include({
      publicPort: world.port,
      url: `http://${world.host}:${world.port}`,
    });
    for (const host of [world.host, `${world.host}:${world.port}`, `${world.host.toUpperCase()}.`])
      expect(await ask(world, { host, path: "/a?b=%20c" })).to.include({
        status: 200,
        body: "hello /a?b=%20c",
      });
  });

  it("in absolute form goes where its target says, not where its Host header does", async () => {
    const world = await setup(hello);
    const path = `http://${world.host}/x`;
    expect((await ask(world, { path, host: "elsewhere.test" })).body).to.equal("hello /x");
    expect((await ask(world, { path: "http://other.test/", host: world.host })).status).to.equal(404);
  });

  it("for an unknown host gets a small page that says so, in the form it asks for", async () => {
    const world = await setup(hello);
    const page = await ask(world, { host: `web-aaaaaaaaaaaaaaaa.${DOMAIN}` });
    expect(page.status).to.equal(404);
    expect(page.body).to.include("HOST_UNKNOWN").and.to.have.length.below(600);
    const json = await ask(world, { host: "nobody.test", headers: { accept: "application/json" } });
    expect(JSON.parse(json.body)).to.have.nested.property("error.code", "HOST_UNKNOWN");
    expect(world.gateway.router.counts.guards.unknown_host).to.equal(2);
  });

  it("tells the container who called, and drops what the caller pretends", async () => {
    const world = await setup(mirror);
    const spoofed = {
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.test",
      "x-forwarded-prefix": "/admin",
      "x-real-ip": "6.6.6.6",
      forwarded: "for=6.6.6.6",
    };
    const { body } = await ask(world, { headers: spoofed });
    const { headers } = JSON.parse(body) as { headers: Record<string, string> };
    expect(body).not.to.include("6.6.6.6").and.not.to.include("evil").and.not.to.include("prefix");
    expect(headers).to.include({
      host: world.host,
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": world.host,
      "x-forwarded-port": String(world.port),
      forwarded: `for=127.0.0.1;host="${world.host}";proto=http`,
    });
  });

  it("loses the headers of one hop both ways, and keeps the others as they are", async () => {
    const world = await setup((request, response) => {
      response.writeHead(200, [
        "Connection",
        "close, X-Hop",
        "X-Hop",
        "1",
        "X-Keep",
        "2",
        "Set-Cookie",
        "a=1",
        "Set-Cookie",
        "b=2",
      ]);
      response.end(JSON.stringify(request.headers));
    });
    const { headers, body } = await ask(world, {
      headers: {
        connection: "x-mine, keep-alive",
        "x-mine": "1",
        "x-yours": "2",
        te: "gzip",
        "proxy-authorization": "x",
        cookie: "c=3",
      },
    });
    expect(headers).to.include({ "x-keep": "2" }).and.not.to.have.any.keys("x-hop");
    expect(headers["set-cookie"]).to.deep.equal(["a=1", "b=2"]);
    expect(JSON.parse(body))
      .to.include({ "x-yours": "2", cookie: "c=3" })
      .and.not.to.have.any.keys("x-mine", "te", "proxy-authorization");
  });

  it("is told why there is no answer: starting, closed, node away, nothing listens", async () => {
    const world = await setup(hello, { state: "open" });
    const answer = async (): Promise<string> => {
      const { status, body } = await ask(world, { headers: { accept: "application/json" } });
      return `${status} ${(JSON.parse(body) as { error: { code: string } }).error.code}`;
    };
    expect(await answer()).to.equal("503 LEASE_STARTING");
    world.gateway.chain.leases.set(1n, leaseFacts({ state: "active" }));
    world.gateway.chain.advance();
    await eventually(async () => (await ask(world)).status === 200);
    world.origins[0]?.closeAllConnections();
    world.origins[0]?.close();
    await eventually(async () => (await answer()) === "503 REPLICA_UNAVAILABLE");
    await world.peer.stop();
    await eventually(async () => (await answer()) === "503 NODE_OFFLINE");
    world.gateway.chain.leases.set(1n, leaseFacts({ state: "closed" }));
    world.gateway.chain.advance();
    await eventually(async () => (await answer()) === "503 LEASE_CLOSED");
  }).timeout(30_000);

  it("keeps its name through a restart, with the chain and the node away", async () => {
    const world = await setup(hello, { accept: ["www.acme.test"] });
    const [stored] = await world.gateway.store.allDoors();
    expect(stored?.routes).to.have.length(1);
    expect(stored?.claims).to.deep.equal([{ name: "www.acme.test", since: 1 }]);
    await world.gateway.doors.stop();
    expect((await ask(world)).status).to.equal(404);
    world.gateway.chain.reachable = false;
    await world.gateway.doors.start();
    expect((await ask(world)).body).to.equal("hello /");
    expect((await ask(world, { host: "www.acme.test" })).body).to.equal("hello /");
  });

  it("counts its connection against the limits of other doors", async () => {
    const world = await setup(hello, { limits: { perLease: 1 } });
    const first = connect(world.port, "127.0.0.1");
    first.write(`GET / HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`);
    await once(first, "data");
    expect(world.gateway.doors.counts().connections).to.equal(1);
    const { status, body } = await ask(world);
    expect([status, body.includes("LIMIT_REACHED")]).to.deep.equal([503, true]);
    first.destroy();
    await eventually(() => world.gateway.doors.counts().connections === 0);
    expect((await ask(world)).status).to.equal(200);
  });

  for (const limit of ["unnamed", "unnamed_address"] as const)
    it(`waits among callers that named no host either, up to the limit "${limit}", and not once it did`, async () => {
      const limits = limit === "unnamed" ? { unnamed: 2 } : { unnamedPerAddress: 2 };
      const world = await setup(hello, { limits });
      const { doors, meter } = world.gateway;
      const dial = (): Socket => {
        const socket = connect(world.port, "127.0.0.1");
        return socket.on("error", () => undefined).resume();
      };
      const named = dial();
      const request = `GET / HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`;
      named.write(request);
      await once(named, "data");
      const silent = [dial(), dial()];
      await eventually(() => doors.counts().connections === 3);
      await once(dial(), "close");
      const { body } = await meter.text();
      expect(body).to.include(`fizz_gateway_connections_refused_total{limit="${limit}"} 1\n`);
      named.write(request);
      await once(named, "data");
      doors.setLimits(LIMITS);
      expect((await ask(world)).status).to.equal(200);
      for (const socket of [named, ...silent]) socket.destroy();
    });

  async function setup(origin: RequestListener, init: Partial<RoutedWorldInit> = {}): Promise<RoutedWorld> {
    const world = await startRoutedWorld({ origins: [origin], ...init });
    running.push(world);
    return world;
  }
});

describe("a host name of the tenant's own", () => {
  const running: RoutedWorld[] = [];
  afterEach(async () => {
    for (const world of running.splice(0)) await world.stop();
  });

  it("belongs to the lease that claimed it first, and goes to the next one when that is over", async () => {
    const world = await startRoutedWorld({ origins: [hello], accept: ["www.acme.test", "*.wild.test"] });
    running.push(world);
    const { chain, doors, router } = world.gateway;
    chain.leases.set(2n, leaseFacts({ lid: 2n, leaseHash: hash(2) }));
    const accept = ["www.acme.test", "a.wild.test", "mine.test"];
    const door = { ...routedDoor(0, { accept }), service: "other" };
    const answer = await doors.openDoors(1n, { lid: 2n, leaseHash: hash(2), doors: [door] });
    expect(answer.heldElsewhere).to.deep.equal(["www.acme.test", "a.wild.test"]);
    for (const host of ["www.acme.test", "a.wild.test", "mine.test"])
      expect((await ask(world, { host })).status, host).to.equal(200);
    expect((await ask(world, { host: "b.a.wild.test" })).status).to.equal(404);
    chain.leases.set(1n, leaseFacts({ state: "closed" }));
    chain.confirm();
    chain.advance();
    await eventually(() => router.heldElsewhere(hash(2)).length === 0);
    expect((await ask(world, { host: "www.acme.test" })).status).to.equal(200);
    expect((await ask(world, { host: world.host })).status).to.equal(404);
  });

  it("cannot be one of the gateway's", async () => {
    const world = await startRoutedWorld({ origins: [hello], routing: { ownNames: ["api.test"] } });
    running.push(world);
    for (const name of [DOMAIN, `x.${DOMAIN}`, "*.test", "api.test"]) {
      const asked = world.open([routedDoor(0, { accept: [name] })]);
      expect(await codeOf(asked), name).to.equal("HOST_RESERVED");
    }
  });
});
