import { composeOrder, sealOrder } from "@fizz/protocol/orders";
import { parseManifest } from "@fizz/protocol/manifest";
import { leaseMarketAbi } from "@fizz/protocol/chain";
import {
  fromWire,
  type GatewayNetwork,
  type ManifestDelivery,
  manifestDeliverySchema,
  quotesResponseSchema,
  toWire,
} from "@fizz/protocol/messages";
import { fizzDomain, type Quote, receiptTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { type Call, LyingGateway, misquote, type Reply } from "../support/malice/lying-gateway.ts";
import { type TenantAt, tenantAt } from "../support/malice/tenant-of.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

const SECRET = "a-secret-of-the-tenant";

/** A real gateway and node, and between gateway and tenant one who has every ciphertext and changes what passes. */
describe("a gateway that lies about manifests", function () {
  this.timeout(180_000);
  let world: World;
  let gateway: LyingGateway;
  let tenant: TenantAt;
  let file: string;
  before(async function () {
    world = await sharedWorld(this);
    const { description } = world.network;
    gateway = await LyingGateway.start(description.gatewayUrl);
    const { privateKey } = await world.addTenant();
    tenant = await tenantAt(description, gateway.url, privateKey);
    file = await tenant.home.write("hello.yaml", await helloManifest(["Hello from Fizz", SECRET]));
  });
  beforeEach(() => {
    gateway.repent();
  });
  afterEach(async () => {
    gateway.repent();
    const { stdout } = await tenant.run(["deployment", "list", "--json"]);
    for (const [, lid] of stdout.matchAll(/"lid":(\d+)/g))
      await tenant.run(["deployment", "close", "--lid", lid ?? "", "--yes"]);
  });
  after(async () => {
    await (gateway as LyingGateway | undefined)?.stop();
    await (tenant as TenantAt | undefined)?.stop();
  });

  it("reads the open part, and neither image, command nor environment", async () => {
    const result = await create();
    expect(result.code, result.stderr).to.equal(0);
    const seen = JSON.stringify(gateway.calls);
    expect(seen, "the open part").to.include('"durationSeconds"').and.include('"web"');
    for (const secret of [SECRET, "fizz/hello", Buffer.from(SECRET).toString("hex")])
      expect(seen.includes(secret), secret).to.equal(false);
  });

  it("cannot change a ciphertext: nothing runs, and the tenant is told", async () => {
    gateway.lie = misquote("/v1/leases/", ({ sealed, ...rest }: ManifestDelivery) => ({
      ...rest,
      sealed: { ...sealed, ciphertext: sealed.ciphertext.replace(/..$/, flipped) },
    }));
    const result = await create();
    expect([result.code, result.error().code]).to.deep.equal([6, "UNSEAL_FAILED"]);
    await expectNothingRuns();
  });

  it("cannot put a manifest of its own in the place of the tenant's, though it can seal to the node's key", async () => {
    gateway.lie = async (call, ask) => {
      if (!call.path.endsWith("/manifest")) return await ask(call);
      const theirs = fromWire(manifestDeliverySchema, call.body);
      const parsed = parseManifest(await helloManifest(["Hello from Fizz", "Hello from the gateway"]));
      if (!parsed.ok) throw new Error("the manifest is not valid");
      const order = { ...composeOrder(parsed.manifest), manifestHash: theirs.manifestHash };
      const quote = quoteOf(theirs);
      const { lid, leaseHash, version } = theirs;
      const own = await sealOrder({ order, quote, lid, leaseHash, version });
      const { openPart, openSalt } = theirs;
      return await ask({ ...call, body: JSON.parse(toWire({ ...own, openPart, openSalt })) as unknown });
    };
    const result = await create();
    expect(result.error().code).to.equal("MANIFEST_MISMATCH");
    await expectNothingRuns();
  });

  it("cannot hand the node an older manifest of the same tenant in the place of the new one", async () => {
    expect((await create()).code).to.equal(0);
    const old = gateway.calls.find(({ path }) => path.endsWith("/manifest"))?.body as Record<string, unknown>;
    gateway.lie = misquote("/v1/leases/", ({ lid, leaseHash, manifestHash }: Record<string, unknown>) => ({
      ...old,
      ...{ lid, leaseHash, manifestHash },
    }));
    const result = await create();
    expect(result.code).not.to.equal(0);
    expect(result.error().code).to.be.oneOf(["UNSEAL_FAILED", "QUOTE_EXPIRED", "MANIFEST_MISMATCH"]);
  });

  it("cannot make up a receipt, nor use one of another lease", async () => {
    const domain = fizzDomain(world.network.anvil.chainId, world.network.description.contracts.leaseMarket);
    const key = privateKeyToAccount(generatePrivateKey());
    gateway.lie = async (call, ask) => {
      if (!call.path.endsWith("/manifest")) return await ask(call);
      const { lid, leaseHash, manifestHash } = fromWire(manifestDeliverySchema, call.body);
      const receipt = { lid, leaseHash, manifestHash };
      const signature = await key.signTypedData(receiptTypedData(domain, receipt));
      return { status: 200, body: JSON.parse(toWire({ receipt: { receipt, signature } })) as unknown };
    };
    expect((await create()).error().code).to.equal("IDENTITY_UNKNOWN");
    gateway.repent();
    let kept: Reply | undefined;
    gateway.lie = async (call, ask) => {
      if (!call.path.endsWith("/manifest")) return await ask(call);
      return (kept ??= await ask(call));
    };
    expect((await create()).code).to.equal(0);
    expect((await create()).error().code).to.equal("IDENTITY_UNKNOWN");
  });

  it("cannot withhold a manifest while its relay works: the tenant hands it to the node, end to end", async () => {
    gateway.lie = withheld;
    const result = await create();
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stderr).to.include("the node took it end to end");
    expect(result.json()).to.include({ state: "active" });
  });

  it("can withhold it with its relay: the tenant is told, the node gets no strike without its receipt", async () => {
    const nowhere = await freePort();
    gateway.lie = async (call, ask) => {
      const reply = await withheld(call, ask);
      if (!call.path.startsWith("/v1/network")) return reply;
      const body = reply.body as GatewayNetwork;
      const multiaddrs = body.multiaddrs.map((address) => address.replace(/\/tcp\/\d+/, `/tcp/${nowhere}`));
      return { ...reply, body: { ...body, multiaddrs } };
    };
    const result = await create(["--timeout", "6s"]);
    expect([result.code, result.error().code]).to.deep.equal([7, "TIMEOUT"]);
    const { nodeId } = await world.leaseOf(1n);
    const { client } = world.network.chain;
    const { leaseMarket: address } = world.network.description.contracts;
    const strikes = { address, abi: leaseMarketAbi, functionName: "strikesOf", args: [nodeId] } as const;
    expect(await client.readContract(strikes)).to.equal(0);
  });

  /** Says that the node is away, and passes no manifest on. */
  async function withheld(call: Call, ask: (call: Call) => Promise<Reply>): Promise<Reply> {
    return call.path.endsWith("/manifest") ? { status: 202, body: { pending: true } } : await ask(call);
  }

  async function create(flags: readonly string[] = []) {
    return await tenant.run(["deployment", "create", file, "--yes", "--json", ...flags]);
  }

  /** The gateway has seen every quote. */
  function quoteOf({ quoteNonce }: ManifestDelivery): Quote {
    const answers = gateway.replies.filter(({ path }) => path === "/v1/quotes");
    const found = answers
      .flatMap(({ body }) => fromWire(quotesResponseSchema, body).quotes)
      .find(({ signed }) => signed.quote.nonce === quoteNonce);
    if (found === undefined) throw new Error("the gateway did not see that quote");
    return found.signed.quote;
  }

  function flipped(byte: string): string {
    return byte === "00" ? "01" : "00";
  }

  async function expectNothingRuns(): Promise<void> {
    const { stdout } = await tenant.run(["deployment", "list", "--json"]);
    expect(stdout).not.to.include('"active"');
  }
});
