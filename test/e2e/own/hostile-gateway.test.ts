import {
  challengeResponseSchema,
  type ControlAuth,
  fromWire,
  type GatewayNetwork,
  gatewayNetworkSchema,
  type ManifestDelivery,
  manifestDeliverySchema,
  manifestResponseSchema,
  protocols,
  quoteResponseSchema,
  statusResponseSchema,
} from "@fizz/protocol/messages";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { composeOrder } from "@fizz/protocol/orders";
import { parseManifest } from "@fizz/protocol/manifest";
import {
  fizzDomain,
  grantTypedData,
  proofTypedData,
  recoverQuoteSigner,
  type SessionGrant,
} from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type z } from "zod";
import { ask } from "../../../relayer/src/p2p/ask.ts";
import { codeOf } from "../../support/code-of.ts";
import { findEngineInTime } from "../../support/find-engine-in-time.ts";
import { HostileGateway } from "../../support/malice/hostile-gateway.ts";
import { LyingGateway } from "../../support/malice/lying-gateway.ts";
import { type TenantAt, tenantAt } from "../../support/malice/tenant-of.ts";
import { until } from "../../support/until.ts";
import { createWorld, helloManifest, type World } from "../../support/world.ts";

const soon = (): AbortSignal => AbortSignal.timeout(30_000);

/** The real node agent, which serves a lease; then its gateway turns hostile, with its own key and at its own addresses. */
describe("a node whose gateway turns hostile", function () {
  this.timeout(300_000);
  let world: World;
  let gateway: HostileGateway;
  let tenant: TenantAt;
  let truth: GatewayNetwork;
  let lease: { lid: bigint; leaseHash: Hex; nodeId: bigint };
  let delivery: ManifestDelivery;
  let container: string | undefined;
  before(async function () {
    if ((await findEngineInTime()) === undefined) return this.skip();
    world = await createWorld();
    const { network } = world;
    const { gatewayUrl } = network.description;
    const proxy = await LyingGateway.start(gatewayUrl);
    const { privateKey } = world.tenant;
    tenant = await tenantAt(network.description, proxy.url, privateKey);
    const file = await tenant.home.write("hello.yaml", await helloManifest());
    const created = await tenant.run(["deployment", "create", file, "--yes", "--json"]);
    expect(created.code, created.stderr).to.equal(0);
    const lid = BigInt(String(created.json()["lid"]));
    lease = { lid, ...(await world.leaseOf(lid)) };
    container = (await world.containersOf(lease.leaseHash))[0]?.id;
    const delivered = proxy.calls.find(({ path }) => path.endsWith("/manifest"));
    delivery = fromWire(manifestDeliverySchema, delivered?.body);
    truth = fromWire(gatewayNetworkSchema, await (await fetch(`${gatewayUrl}/v1/network`)).json());
    await proxy.stop();
    await tenant.home.write(".fizz/network.json", JSON.stringify(network.description));
    await network.gateway().stop();
    const { gatewayKey: key, gatewayAddresses: at } = network;
    gateway = await HostileGateway.start({ key, at, says: { ...truth, chainId: 1 } });
  });
  after(async () => {
    await (gateway as HostileGateway | undefined)?.stop();
    await (tenant as TenantAt | undefined)?.stop();
    await (world as World | undefined)?.stop();
  });

  it("does not come while it claims another chain, another market or the key of somebody else", async () => {
    const strange = peerIdOfPublicKey(publicKeyOfPrivateKey(generatePrivateKey()));
    const market = { ...truth.contracts, leaseMarket: truth.contracts.nodeRegistry };
    for (const lie of [{ chainId: 1 }, { contracts: market }, { peerId: strange }]) {
      gateway.says = { ...truth, ...lie };
      const before = gateway.asked;
      await until(() => Promise.resolve(gateway.asked > before), "the node asks");
    }
    const before = gateway.asked;
    await until(() => Promise.resolve(gateway.asked > before), "the node asks again");
    expect(gateway.hellos).to.deep.equal([]);
    gateway.says = truth;
    await until(() => Promise.resolve(gateway.hellos.length > 0), "the node comes");
  });

  it("lets nobody in by a grant without its session key, or by a proof that was used", async () => {
    const session = generatePrivateKey();
    const { signed } = await authOf(session);
    expect(await codeOf(status({ signed }))).to.equal("SESSION_NOT_PROVEN");
    const auth = await authOf(session, await challenge());
    expect((await status(auth)).status.lid).to.equal(lease.lid);
    expect(await codeOf(status(auth)), "again").to.equal("SESSION_NOT_PROVEN");
    const elsewhere = await authOf(session, await challenge(), { nodeId: lease.nodeId + 1n });
    expect(await codeOf(status(elsewhere)), "another node").to.equal("GRANT_INVALID");
    const stolen = await authOf(session, await challenge(), { tenant: zeroAddress });
    expect(await codeOf(status(stolen)), "another tenant").to.equal("LEASE_NOT_YOURS");
    const wide = await authOf(session, await challenge(), { scopes: "logs" });
    expect(await codeOf(status(wide)), "another scope").to.equal("GRANT_SCOPE");
  });

  it("takes no manifest that the chain does not name, and gives the same receipt for the same one", async () => {
    const other = { ...delivery, manifestHash: `0x${"33".repeat(32)}` as const };
    expect(await codeOf(deliver(other))).to.equal("MANIFEST_MISMATCH");
    const { signed } = await deliver(delivery);
    expect(signed.receipt.leaseHash).to.equal(lease.leaseHash);
  });

  it("signs quotes for its own subnet and the chain's cuts, whatever the gateway calls them", async () => {
    const parsed = parseManifest(await helloManifest());
    if (!parsed.ok) throw new Error("the manifest is not valid");
    const { openPart, openSalt, openPartHash } = composeOrder(parsed.manifest);
    const message = { openPart: { ...openPart }, openSalt, tenant: world.tenant.address, token: zeroAddress };
    const { signed } = await asked(protocols.quote, message, quoteResponseSchema);
    const { anvil, description, nodeOperator } = world.network;
    const { quote } = signed;
    expect(quote).to.include({ subnetId: description.subnetId, openPartHash, tenant: world.tenant.address });
    const domain = fizzDomain(anvil.chainId, description.contracts.leaseMarket);
    expect(await recoverQuoteSigner(domain, signed)).to.equal(nodeOperator);
  });

  it("passes on what it says of doors: a tenant cannot tell, and reads the rest end to end", async () => {
    await until(() => Promise.resolve(gateway.doors.length > 0), "the node asks for its doors");
    const shown = await shownBy(async () => {
      const result = await tenant.run(["deployment", "get", "--lid", `${lease.lid}`, "--json"]);
      return result.stdout.includes("evil.example") ? result : undefined;
    });
    expect(shown.json()).to.include({ state: "active" });
    const logs = await tenant.run(["deployment", "logs", "--lid", `${lease.lid}`]);
    expect(logs.stdout).to.include("Hello from Fizz");
  });

  it("runs its containers on", async () => {
    expect((await world.containersOf(lease.leaseHash)).map(({ id }) => id)).to.deep.equal([container]);
    expect((await world.leaseOf(lease.lid)).state).to.equal(2);
  });

  async function asked<Schema extends z.ZodType<{ type: string }>>(
    protocol: string,
    message: unknown,
    answer: Schema,
  ) {
    const stream = await gateway.links.openStream(lease.nodeId, protocol, soon());
    return await ask(stream, { message, answer }, soon());
  }

  async function status(auth: ControlAuth) {
    return await asked(protocols.status, { auth }, statusResponseSchema);
  }

  async function deliver(message: ManifestDelivery) {
    return await asked(protocols.manifest, message, manifestResponseSchema);
  }

  async function challenge(): Promise<Hex> {
    const { leaseHash } = lease;
    return (await asked(protocols.challenge, { leaseHash }, challengeResponseSchema)).nonce;
  }

  /** What a tenant sends over the plain path, with changes that the tenant did sign, too. */
  async function authOf(
    session: Hex,
    nonce?: Hex,
    changes: Partial<SessionGrant> = {},
  ): Promise<ControlAuth> {
    const { anvil, description } = world.network;
    const domain = fizzDomain(anvil.chainId, description.contracts.leaseMarket);
    const wallet = privateKeyToAccount(world.tenant.privateKey);
    const { nodeId, leaseHash } = lease;
    const grant = {
      ...{ tenant: wallet.address, nodeId, leaseHash, scopes: "status logs events" },
      sessionKey: publicKeyOfPrivateKey(session),
      expiresAt: Math.floor(Date.now() / 1_000) + 600,
      ...changes,
    };
    const signature = await wallet.signTypedData(grantTypedData(domain, grant));
    if (nonce === undefined) return { signed: { grant, signature } };
    const typed = proofTypedData(domain, { nodeId, leaseHash, nonce });
    const proof = { nonce, signature: await privateKeyToAccount(session).signTypedData(typed) };
    return { signed: { grant, signature }, proof };
  }

  async function shownBy<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
    let found: Value | undefined;
    await until(async () => (found = await look()) !== undefined, "it is shown");
    if (found === undefined) throw new Error("it is not shown");
    return found;
  }
});
