import { Agent, type IncomingMessage, request } from "node:http";
import { Agent as SecureAgent, request as requestSecurely } from "node:https";
import { TLSSocket } from "node:tls";
import { expect } from "chai";
import { type Hex } from "viem";
import { findEngine } from "../../../scripts/lib/docker/find-engine.ts";
import { type DeploymentJson } from "../../../scripts/lib/deployment-json.ts";
import { until } from "../../support/until.ts";
import { createWorld, helloManifest, untilGone, type World } from "../../support/world.ts";

const DOMAIN = "gw.test";
/** The tenant's own name. */
const OWN_NAME = "www.acme.test";
const REPLICAS = ["web-0", "web-1"];
const CLIENTS = ["http", "http", "https"] as const;
const ROUTED_PORT = `port: 8080
        as: 80
        accept:
          - ${OWN_NAME}`;

const HEALTH = ["    expose:\n", "    health:\n      port: 8080\n      path: /\n    expose:\n"] as const;

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Names of the certificate, over TLS. */
  readonly certified: string;
}

describe("a deployment that is reached by host name", function () {
  this.timeout(180_000);
  let world: World;
  let deployment: DeploymentJson;
  let leaseHash: Hex;
  let name = "";
  before(async function () {
    if ((await findEngine()) === undefined) this.skip();
    world = await createWorld({ mode: "provider", domain: DOMAIN });
    deployment = await world.tenant.deploy(
      await helloManifest(
        ["mode: fizz", "mode: provider"],
        ["count: 1", "count: 2"],
        ["port: 8080", ROUTED_PORT],
      ),
    );
    leaseHash = (await world.leaseOf(deployment.lid)).leaseHash;
    name = deployment.endpoints[0]?.host ?? "";
    // Until the gateway has seen the block, its page says that the service is starting.
    await until(async () => (await ask("http", name)).status === 200, "the gateway knows that it runs");
  });
  after(async () => {
    await (world as World | undefined)?.stop();
  });

  it("has one name under the gateway's domain for both replicas, with the port of HTTP", () => {
    const { httpPort = 0 } = world.network.routing ?? {};
    expect(deployment.replicas).to.deep.equal({ ready: 2, total: 2 });
    expect(name).to.match(/^web-[a-z0-9]+[.]gw[.]test$/);
    expect(deployment.endpoints).to.have.length(1);
    expect(deployment.endpoints[0]).to.include({
      host: name,
      publicPort: httpPort,
      url: `http://${name}:${httpPort}`,
    });
  });

  for (const scheme of ["http", "https"] as const)
    for (const which of ["its name", "the tenant's own name"])
      it(`answers over ${scheme} by ${which}, from both replicas`, async () => {
        const host = which === "its name" ? name : OWN_NAME;
        const answers = await Promise.all(Array.from({ length: 10 }, () => ask(scheme, host)));
        for (const { status, text, certified } of answers) {
          expect(status).to.equal(200);
          expect(text).to.include("Hello from Fizz");
          expect(certified).to.equal(scheme === "https" ? `DNS:*.${DOMAIN}, DNS:${DOMAIN}` : "");
        }
        const counts = REPLICAS.map((one) => answers.filter((answer) => replicaOf(answer) === one).length);
        // Whoever has fewer requests under way gets the next one.
        expect(Math.min(...counts), answers.map(replicaOf).join(" ")).to.be.at.least(3);
        expect(counts.reduce((sum, count) => sum + count)).to.equal(answers.length);
      });

  it("has no answer for a name that nobody has", async () => {
    const { status, text } = await ask("http", `nobody.${DOMAIN}`);
    expect([status, text.includes("HOST_UNKNOWN")]).to.deep.equal([404, true]);
  });

  it("loses no request while one of its containers is killed and comes back", async () => {
    const heard = new Set<string>();
    const missed: Answer[] = [];
    let asked = 0;
    let isOver = false;
    const client = async (scheme: "http" | "https"): Promise<void> => {
      while (!isOver) {
        const answer = await ask(scheme, name);
        asked += 1;
        heard.add(replicaOf(answer));
        if (answer.status !== 200) missed.push(answer);
      }
    };
    const clients = Promise.all(CLIENTS.map(client));
    try {
      await until(() => Promise.resolve(REPLICAS.every((one) => heard.has(one))), "both answer");
      const before = await starts();
      const [victim] = await world.containersOf(leaseHash);
      const askedBefore = asked;
      await world.network.docker.getContainer(victim?.id ?? "").kill();
      await until(async () => {
        const now = await starts();
        return now.length === 2 && now.join() !== before.join();
      }, "the killed one runs again");
      expect(asked - askedBefore, "asked while it was away").to.be.at.least(CLIENTS.length);
      heard.clear();
      await until(() => Promise.resolve(REPLICAS.every((one) => heard.has(one))), "both answer again");
    } finally {
      isOver = true;
    }
    await clients;
    expect(missed, `of ${asked} requests`).to.deep.equal([]);
  });

  it("loses no request while updates bring another greeting and a third replica, and the next one takes it away", async () => {
    const old = await world.containersOf(leaseHash);
    const load = startLoad();
    try {
      await update(["Hello from Fizz", "Hello again"], ["count: 1", "count: 3"], HEALTH);
      await until(
        async () => (await ask("http", name)).text.includes("Hello again"),
        "the new version answers",
      );
      await until(async () => {
        const now = await world.containersOf(leaseHash);
        return now.length === 3 && !now.some(({ id }) => old.some((gone) => gone.id === id));
      }, "the old containers are gone");
      const codes = (await world.tenant.events(deployment.lid)).map(({ code }) => code);
      expect(codes.filter((code) => code === "container.healthy")).to.have.length(3);
      load.heard.clear();
      const all = [...REPLICAS, "web-2"];
      await until(() => Promise.resolve(all.every((one) => load.heard.has(one))), "all three answer");
      await update(["count: 1", "count: 2"]);
      await until(async () => (await world.containersOf(leaseHash)).length === 2, "the third is gone");
    } finally {
      await load.stop();
    }
    expect(load.failed, `of ${load.asked()} requests`).to.deep.equal([]);
    expect(load.asked()).to.be.above(100);
  });

  it("says that the lease is over when it is closed, and then that the name leads nowhere", async () => {
    const pages: string[] = [];
    const closing = world.tenant.close(deployment.lid);
    await until(async () => {
      const { status, text } = await ask("http", OWN_NAME);
      const page = `${status} ${/[A-Z]+_[A-Z_]+/.exec(text)?.[0] ?? replicaOf({ text })}`;
      if (page !== pages.at(-1)) pages.push(page);
      return page === "404 HOST_UNKNOWN";
    }, "the name is free again");
    await closing;
    const served = pages.findLastIndex((page) => page.startsWith("200 "));
    expect(pages.slice(served + 1), pages.join(", ")).to.deep.equal(["503 LEASE_CLOSED", "404 HOST_UNKNOWN"]);
    expect((await ask("https", name)).status).to.equal(404);
    await untilGone(world, leaseHash);
  });

  async function update(...changes: readonly (readonly [string, string])[]): Promise<void> {
    const { cli, manifest } = world.tenant;
    const fixed = [
      ["mode: fizz", "mode: provider"],
      ["port: 8080", ROUTED_PORT],
    ] as const;
    const file = await manifest(await helloManifest(...fixed, ...changes));
    const { status, stderr } = await cli.run([
      "deployment",
      "update",
      file,
      "--lid",
      String(deployment.lid),
      "--yes",
    ]);
    expect(status, stderr).to.equal(0);
  }

  /** Requests one after the other: two clients with a connection for each request, two that keep theirs. */
  function startLoad() {
    const heard = new Set<string>();
    const failed: unknown[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    let asked = 0;
    let isOver = false;
    const client = async (scheme: "http" | "https", kept?: Agent): Promise<void> => {
      while (!isOver) {
        const answer = await ask(scheme, name, kept).catch((error: unknown) => ({
          status: 0,
          text: String(error),
        }));
        asked += 1;
        heard.add(replicaOf(answer));
        if (answer.status !== 200) failed.push(answer);
        // Some of the machine is for the update.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const clients = Promise.all([
      client("http"),
      client("https"),
      client("http", agent),
      client("http", agent),
    ]);
    const stop = async (): Promise<void> => {
      isOver = true;
      await clients;
      agent.destroy();
    };
    return { heard, failed, asked: () => asked, stop };
  }

  async function starts(): Promise<string[]> {
    return (await world.containersOf(leaseHash)).map(({ startedAt }) => startedAt).sort();
  }

  /** One request to where the name would lead. Over kept connections it is a POST: what may be done is not sent again. */
  async function ask(scheme: "http" | "https", host: string, kept?: Agent): Promise<Answer> {
    const { httpPort = 0, httpsPort = 0 } = world.network.routing ?? {};
    return await new Promise((resolve, reject) => {
      const onAnswer = (response: IncomingMessage): void => {
        const { statusCode: status = 0, socket } = response;
        const certified =
          socket instanceof TLSSocket ? (socket.getPeerCertificate().subjectaltname ?? "") : "";
        let text = "";
        response.on("data", (chunk) => (text += String(chunk)));
        response.on("error", reject);
        response.on("end", () => {
          resolve({ status, text, certified });
        });
      };
      const method = kept === undefined ? "GET" : "POST";
      const agent = kept ?? new Agent();
      const way = { host: "127.0.0.1", method, headers: { host }, timeout: 10_000 };
      const outgoing =
        scheme === "http"
          ? request({ ...way, port: httpPort, agent }, onAnswer)
          : requestSecurely(
              {
                ...way,
                port: httpsPort,
                agent: new SecureAgent(),
                servername: host,
                rejectUnauthorized: false,
              },
              onAnswer,
            );
      outgoing.on("error", reject).end();
    });
  }

  function replicaOf({ text }: Pick<Answer, "text">): string {
    return /<small>container ([a-z0-9-]+)</.exec(text)?.[1] ?? "";
  }
});
