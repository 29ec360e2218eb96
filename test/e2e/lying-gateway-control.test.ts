import { rm } from "node:fs/promises";
import { join } from "node:path";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import {
  type ControlAuth,
  type GatewayNetwork,
  type LeaseEvent,
  leaseEventSchema,
  toWire,
} from "@fizz/protocol/messages";
import { fizzDomain, grantTypedData, proofTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { LyingGateway, type Reply, retell } from "../support/malice/lying-gateway.ts";
import { type TenantAt, tenantAt } from "../support/malice/tenant-of.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

/** A running deployment behind a gateway that has every grant, proof and challenge, and changes what passes. */
describe("a gateway that lies about a running deployment", function () {
  this.timeout(180_000);
  let world: World;
  let gateway: LyingGateway;
  let tenant: TenantAt;
  let wallet: ReturnType<typeof privateKeyToAccount>;
  const leases: { lid: number; leaseHash: Hex; nodeId: bigint }[] = [];
  before(async function () {
    world = await sharedWorld(this);
    const { description } = world.network;
    gateway = await LyingGateway.start(description.gatewayUrl);
    const { privateKey } = await world.addTenant();
    wallet = privateKeyToAccount(privateKey);
    tenant = await tenantAt(description, gateway.url, privateKey);
    const file = await tenant.home.write("hello.yaml", await helloManifest());
    for (let n = 0; n < 2; n += 1) {
      const created = await tenant.run(["deployment", "create", file, "--yes", "--json"]);
      const lid = Number(created.json()["lid"]);
      const { leaseHash, nodeId } = await world.leaseOf(BigInt(lid));
      leases.push({ lid, leaseHash, nodeId });
    }
  });
  beforeEach(() => {
    gateway.repent();
  });
  after(async () => {
    for (const { lid } of leases) await tenant.run(["deployment", "close", "--lid", `${lid}`, "--yes"]);
    await (gateway as LyingGateway | undefined)?.stop();
    await (tenant as TenantAt | undefined)?.stop();
  });

  it("cannot use a proof twice, nor for another lease, nor a grant alone, on the plain HTTP path", async () => {
    const session = generatePrivateKey();
    const auth = await prove(0, session);
    expect((await ask(0, "status", auth)).status).to.equal(200);
    expect(codeOf(await ask(0, "status", auth)), "twice").to.equal("SESSION_NOT_PROVEN");
    const { signed } = await prove(0, session);
    expect(codeOf(await ask(0, "status", { signed })), "without proof").to.equal("SESSION_NOT_PROVEN");
    expect(codeOf(await ask(1, "status", await prove(0, session))), "elsewhere").to.equal("GRANT_INVALID");
    const other = await prove(1, session);
    const mixed = { signed, ...(other.proof === undefined ? {} : { proof: other.proof }) };
    expect(codeOf(await ask(0, "status", mixed)), "a proof for another lease").to.equal("SESSION_NOT_PROVEN");
  });

  it("reads and changes what passes the plain HTTP path: one proof, for whatever the grant allows", async () => {
    const auth = await prove(0, generatePrivateKey());
    // The tenant asked for the status; the gateway asks for the logs with its proof.
    const logs = await ask(0, "logs", auth);
    expect(logs.status).to.equal(200);
    expect(codeOf(await ask(0, "status", auth))).to.equal("SESSION_NOT_PROVEN");
  });

  it("shows itself by the cursors when it drops, doubles or reorders events on the plain HTTP path", async () => {
    const feed = async (): Promise<LeaseEvent[]> => {
      const { body } = await ask(0, "events", await prove(0, generatePrivateKey()));
      return linesOf(body).map((line) => leaseEventSchema.parse(JSON.parse(line)));
    };
    const honest = await feed();
    expect(honest.length).to.be.above(3);
    expect(faultOf(honest)).to.equal(undefined);
    const lies: readonly (readonly [string, (lines: string[]) => string[]])[] = [
      ["gap", (lines) => lines.toSpliced(1, 1)],
      ["repeat", (lines) => lines.flatMap((line, at) => (at === 1 ? [line, line] : [line]))],
      ["repeat", (lines) => lines.toReversed()],
    ];
    for (const [fault, change] of lies) {
      gateway.lie = retell("/v1/leases/", (body: unknown, { path }) =>
        path.includes("/events") ? change(linesOf(body)).join("\n") : body,
      );
      expect(faultOf(await feed()), fault).to.equal(fault);
    }
  });

  it("has no say in what the CLI reads: it asks the node, end to end", async () => {
    const { lid } = leases[0] ?? { lid: 0 };
    const argv = ["deployment", "events", "--lid", `${lid}`, "--json"];
    const honest = await tenant.run(argv);
    gateway.lie = async (call, pass) =>
      call.path.startsWith("/v1/leases/") ? { status: 200, body: "lies" } : await pass(call);
    const lied = await tenant.run(argv);
    expect(lied.code, lied.stderr).to.equal(0);
    expect(lied.stdout).to.equal(honest.stdout);
    expect(gateway.calls.some(({ path }) => path.startsWith("/v1/leases/"))).to.equal(false);
  });

  it("cannot send a tenant to another machine than the node's: neither by the directory nor by addresses", async () => {
    const { lid, nodeId } = leases[0] ?? { lid: 0, nodeId: 0n };
    const argv = ["deployment", "get", "--lid", `${lid}`, "--json"];
    // Without its own record the tenant asks the directory for the peer.
    await rm(join(tenant.home.folder, ".local"), { recursive: true, force: true });
    gateway.lie = retell(`/v1/nodes/${nodeId}`, (body: { node: object }) => ({
      ...body,
      node: { ...body.node, peerId: strangePeer() },
    }));
    const sent = await tenant.run(argv);
    expect(
      gateway.calls.some(({ path }) => path.startsWith("/v1/nodes/")),
      "it asked",
    ).to.equal(true);
    expect([sent.code, sent.error().code]).to.deep.equal([6, "IDENTITY_UNKNOWN"]);
    const nowhere = await freePort();
    gateway.lie = retell("/v1/network", (body: GatewayNetwork) => ({
      ...body,
      multiaddrs: body.multiaddrs.map((address) => address.replace(/\/tcp\/\d+/, `/tcp/${nowhere}`)),
    }));
    const lost = await tenant.run(argv);
    expect([lost.code, lost.error().code]).to.deep.equal([5, "GATEWAY_UNREACHABLE"]);
    gateway.repent();
    expect((await tenant.run(argv)).code).to.equal(0);
  });

  /** A grant with a proof for a fresh challenge, as a caller of the plain HTTP path makes them. */
  async function prove(index: number, sessionKey: Hex): Promise<ControlAuth> {
    const { lid, leaseHash, nodeId } = leases[index] ?? { lid: 0, leaseHash: "0x", nodeId: 0n };
    const { anvil, description } = world.network;
    const domain = fizzDomain(anvil.chainId, description.contracts.leaseMarket);
    const { body } = await post(`/v1/leases/${lid}/challenge`);
    const { nonce } = body as { nonce: Hex };
    const grant = {
      ...{ tenant: wallet.address, nodeId, leaseHash, scopes: "status logs events" },
      sessionKey: publicKeyOfPrivateKey(sessionKey),
      expiresAt: Math.floor(Date.now() / 1_000) + 600,
    };
    const typed = proofTypedData(domain, { nodeId, leaseHash, nonce });
    return {
      signed: { grant, signature: await wallet.signTypedData(grantTypedData(domain, grant)) },
      proof: { nonce, signature: await privateKeyToAccount(sessionKey).signTypedData(typed) },
    };
  }

  async function post(path: string): Promise<Reply> {
    const response = await fetch(`${gateway.url}${path}`, { method: "POST" });
    return { status: response.status, body: await response.json() };
  }

  async function ask(index: number, what: "status" | "logs" | "events", auth: ControlAuth): Promise<Reply> {
    const authorization = `Fizz ${Buffer.from(toWire(auth)).toString("base64url")}`;
    const url = `${gateway.url}/v1/leases/${leases[index]?.lid}/${what}`;
    const response = await fetch(url, { headers: { authorization } });
    const text = await response.text();
    return { status: response.status, body: response.ok ? text : (JSON.parse(text) as unknown) };
  }

  function codeOf({ status, body }: Reply): string {
    return status === 200 ? "(no error)" : (body as { error: { code: string } }).error.code;
  }

  function linesOf(body: unknown): string[] {
    return (typeof body === "string" ? body : JSON.stringify(body))
      .split("\n")
      .filter((line) => line.startsWith("{"));
  }

  /** What the cursors of a feed from its beginning tell: they count every event of the lease, without a gap. */
  function faultOf(events: readonly LeaseEvent[]): "gap" | "repeat" | undefined {
    for (const [index, { cursor }] of events.entries()) {
      const before = events[index - 1]?.cursor ?? cursor - 1;
      if (cursor <= before) return "repeat";
      if (cursor > before + 1) return "gap";
    }
    return undefined;
  }

  function strangePeer(): string {
    return peerIdOfPublicKey(publicKeyOfPrivateKey(generatePrivateKey()));
  }
});
