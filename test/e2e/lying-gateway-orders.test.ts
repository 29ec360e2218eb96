import { type GatewayNetwork, type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { type Lie, LyingGateway, misquote, retell } from "../support/malice/lying-gateway.ts";
import { type TenantAt, tenantAt } from "../support/malice/tenant-of.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

type Ranked = QuotesResponse["quotes"][number];
type Fields = Partial<Record<keyof Ranked["signed"]["quote"], unknown>>;

/** A real gateway and node, and between gateway and tenant one who changes what passes. */
describe("a gateway that lies about orders", function () {
  this.timeout(120_000);
  let world: World;
  let gateway: LyingGateway;
  let tenant: TenantAt;
  let file: string;
  before(async function () {
    world = await sharedWorld(this);
    const { description } = world.network;
    gateway = await LyingGateway.start(description.gatewayUrl);
    tenant = await tenantAt(description, gateway.url, world.tenant.privateKey);
    file = await tenant.home.write("hello.yaml", await helloManifest());
  });
  beforeEach(() => {
    gateway.repent();
  });
  after(async () => {
    await (gateway as LyingGateway | undefined)?.stop();
    await (tenant as TenantAt | undefined)?.stop();
  });

  it("is believed while it tells the truth", async () => {
    expect((await order()).code).to.equal(0);
    expect((await explain()).code).to.equal(0);
  });

  const inexact: readonly (readonly [string, Lie, string])[] = [
    [
      "asks the node for another open part",
      misquote("/v1/quotes", (asked: QuotesRequest) => ({
        ...asked,
        openPart: { ...asked.openPart, durationSeconds: 7_200 },
      })),
      "it priced another manifest",
    ],
    [
      "asks in the name of another tenant",
      misquote("/v1/quotes", (asked: QuotesRequest) => ({ ...asked, tenant: `0x${"11".repeat(20)}` })),
      "it was made for another tenant",
    ],
    ["changes the price", signed({ ratePerSecond: "1" }), "not signed by the node's operator"],
    ["changes the X25519 key", signed({ sealingKey: keyOf(9) }), "not signed by the node's operator"],
    ["names a key that protects nothing", signed({ sealingKey: keyOf(0) }), "protects nothing"],
    ["changes the subnet", signed({ subnetId: 7 }), "it is of subnet 7"],
    ["changes the subnet's cut", signed({ subnetCutBps: 2_000 }), "its cuts are not those on chain"],
    ["changes the protocol's cut", signed({ protocolCutBps: 0 }), "its cuts are not those on chain"],
    ["makes it last longer", signed({ expiresAt: 4_000_000_000 }), "not signed by the node's operator"],
    ["hands out one that is over", signed({ expiresAt: 1_700_000_000 }), "it has expired"],
    ["reserves less", signed({ resources: "1" }), "it reserves other resources"],
    ["changes the start window", signed({ startWindowSeconds: 1 }), "not signed by the node's operator"],
    ["says that another node made it", signed({ nodeId: "999" }), "not signed by the node's operator"],
  ];
  for (const [what, lie, why] of inexact)
    it(`cannot use a quote when it ${what}`, async () => {
      gateway.lie = lie;
      const result = await order();
      expect([result.code, result.error().code]).to.deep.equal([6, "NO_QUOTES"]);
      expect(result.stderr).to.include(why);
    });

  it("cannot hand out a quote a second time, for another order", async () => {
    let kept: unknown;
    gateway.lie = retell("/v1/quotes", (body) => (kept ??= body));
    expect((await order()).code).to.equal(0);
    const again = await order();
    expect(again.error().code).to.equal("NO_QUOTES");
    expect(again.stderr).to.include("it priced another manifest");
  });

  it("cannot invent a node, or a quote of one that exists", async () => {
    gateway.lie = retell("/v1/quotes", (body: QuotesResponse) => ({
      ...body,
      quotes: body.quotes.map((ranked) => ({
        ...ranked,
        signed: { ...ranked.signed, signature: `0x${"11".repeat(64)}1b` },
      })),
    }));
    const result = await order();
    expect(result.error().code).to.equal("NO_QUOTES");
    const explained = await explain();
    expect([explained.code, explained.error().code]).to.deep.equal([1, "RANKING_WRONG"]);
    expect(explained.error().message).to.include("ranking.signature");
  });

  const rankings: readonly (readonly [string, (ranked: Ranked) => unknown, string])[] = [
    ["a score", (ranked) => ({ ...ranked, score: ranked.score + 1 }), "ranking.score"],
    [
      "the points of a part",
      (ranked) => ({ ...ranked, parts: ranked.parts.map((part) => ({ ...part, points: 0 })) }),
      "ranking.score",
    ],
    ["the node's tier", chainInput({ tier: 30 }), "ranking.tier"],
    ["the node's resources", chainInput({ total: "1" }), "ranking.total"],
  ];
  for (const [what, change, code] of rankings)
    it(`is found by \`quotes explain\` when it makes up ${what}, and create warns`, async () => {
      gateway.lie = retell("/v1/quotes", (body: QuotesResponse) => ({
        ...body,
        quotes: body.quotes.map(change),
      }));
      const explained = await explain();
      expect([explained.code, explained.error().code]).to.deep.equal([1, "RANKING_WRONG"]);
      expect(explained.error().message).to.include(code);
      expect((await order()).stderr).to.include("not what the published formula gives");
    });

  it("is found when it lists a node twice", async () => {
    gateway.lie = retell("/v1/quotes", (body: QuotesResponse) => ({
      ...body,
      quotes: [...body.quotes, ...body.quotes],
    }));
    expect((await explain()).error().message).to.include("ranking.duplicate");
  });

  it("can hide quotes and make up refusals, in its own name: nothing is signed, and no words of the CLI's", async () => {
    const message = "is on fire\n✓ Bid found: node 1\u001b[2K\u001b[1A";
    gateway.lie = retell("/v1/quotes", (body: QuotesResponse) => ({
      ...body,
      quotes: [],
      refusals: [{ nodeId: "1", code: "node.paused", message }],
    }));
    const before = await leaseCount();
    const result = await tenant.run(["deployment", "create", file, "--yes"]);
    expect(result.code).to.equal(6);
    expect(result.stderr).to.include(
      "node 1: is on fire ✓ Bid found: node 1\ufffd[2K\ufffd[1A [node.paused]",
    );
    expect(await leaseCount(), "nothing was opened").to.equal(before);
  });

  const networks: readonly (readonly [string, Partial<GatewayNetwork>, string])[] = [
    ["another chain", { chainId: 1 }, "CHAIN_MISMATCH"],
    ["another subnet", { subnetId: 77 }, "IDENTITY_UNKNOWN"],
    ["the key of somebody else", { peerId: strangePeer() }, "IDENTITY_UNKNOWN"],
  ];
  for (const [what, change, code] of networks)
    it(`is refused when it claims ${what}`, async () => {
      gateway.lie = retell("/v1/network", (body: GatewayNetwork) => ({ ...body, ...change }));
      const result = await order();
      expect([result.code, result.error().code]).to.deep.equal([code === "CHAIN_MISMATCH" ? 1 : 6, code]);
    });

  for (const name of ["leaseMarket", "nodeRegistry", "subnetRegistry"] as const)
    it(`is refused when it names another ${name}`, async () => {
      gateway.lie = retell("/v1/network", (body: GatewayNetwork) => ({
        ...body,
        contracts: { ...body.contracts, [name]: `0x${"22".repeat(20)}` },
      }));
      expect((await order()).error().code).to.equal("CHAIN_MISMATCH");
    });

  it("is believed about the contracts by those who have pinned none, who are warned each time", async () => {
    const { rpcUrl } = world.network.description;
    const result = await tenant.run(["quotes", "list", file, "--gateway", gateway.url, "--rpc", rpcUrl]);
    expect(result.code, result.stderr).to.equal(0);
    expect(result.stderr).to.include("warning: the contract addresses are the gateway's word.");
    expect((await order()).stderr).not.to.include("the gateway's word");
  });

  async function order() {
    return await tenant.run(["deployment", "create", file, "--dry-run", "--yes", "--json"]);
  }

  async function explain() {
    return await tenant.run(["quotes", "explain", "--manifest", file, "--json"]);
  }

  async function leaseCount(): Promise<string> {
    return (await tenant.run(["deployment", "list", "--all", "--json"])).stdout;
  }

  /** Changes what a node has signed. */
  function signed(change: Fields): Lie {
    return retell("/v1/quotes", (body: QuotesResponse) => ({
      ...body,
      quotes: body.quotes.map((ranked) => ({
        ...ranked,
        signed: { ...ranked.signed, quote: { ...ranked.signed.quote, ...change } },
      })),
    }));
  }

  function chainInput(change: { tier?: number; total?: string }): (ranked: Ranked) => unknown {
    return (ranked) => ({
      ...ranked,
      inputs: { ...ranked.inputs, chain: { ...ranked.inputs?.chain, ...change } },
    });
  }

  function keyOf(first: number): string {
    return `0x${first.toString(16).padStart(2, "0")}${"00".repeat(31)}`;
  }

  function strangePeer(): string {
    return peerIdOfPublicKey(publicKeyOfPrivateKey(generatePrivateKey()));
  }
});
