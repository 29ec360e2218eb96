import { ProtocolError } from "@fizz/protocol/errors";
import { openPartOf, type OpenPart, type OrderProblem } from "@fizz/protocol/manifest";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { ListPricing } from "../../../node-agent/src/pricing/list-pricing.ts";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { QuoteCounts } from "../../../node-agent/src/domain/quote-counts.ts";
import { QuoteDesk as NodeQuoteDesk } from "../../../node-agent/src/leases/quote-desk.ts";
import { NodeDirectory } from "../../../relayer/src/services/node-directory.ts";
import { QuoteDesk as GatewayQuoteDesk } from "../../../relayer/src/services/quote-desk.ts";
import { checkManifest } from "../../../web/src/features/deploy/check-manifest.ts";
import { type CliHome, createHome } from "../../cli/support/run.ts";
import { hashOf, TENANT } from "../../node-agent/support/builders.ts";
import { FakeChain as NodeChain } from "../../node-agent/support/fake-chain.ts";
import { FakeClock } from "../../node-agent/support/fake-clock.ts";
import { MemoryStore } from "../../node-agent/support/memory-store.ts";
import { machine } from "../../support/machine.ts";
import { CONTRACTS, MARKET, memoryLogger } from "../../relayer/support/builders.ts";
import { FakeChain as GatewayChain } from "../../relayer/support/fake-chain.ts";
import { accepted, PROVIDER } from "./sample.ts";
import { UNROUTED } from "../../relayer/support/unrouted.ts";

/** Good in provider mode; in Fizz mode nearly everything of it is refused. */
const BAD = PROVIDER.replace("mode: provider", "mode: fizz");
const CODES = ["MANIFEST_FIZZ_LIMIT", "MANIFEST_FIZZ_PORT", "MANIFEST_FIZZ_STORAGE", "MANIFEST_NOT_IN_MODE"];

/** A tenant's program that does not check sends this order. */
const badOrder: OpenPart = { ...openPartOf(accepted(PROVIDER)), mode: "fizz" };
const request = {
  openPart: { ...badOrder },
  openSalt: hashOf("salt"),
  tenant: TENANT,
  token: zeroAddress,
} as const;

const NO_PRICES = {
  ...{ token: zeroAddress, cpuPerHour: 1n, memoryGiBPerHour: 0n, storageGiBPerHour: 0n },
  gpuPerHour: {},
};

describe("one bad manifest", () => {
  let home: CliHome;
  before(async () => {
    home = await createHome();
  });
  after(async () => {
    await home.remove();
  });

  it("gets the same codes from the command line, the dApp, the gateway and the node", async () => {
    const answers = {
      "command line": await ofCommandLine(),
      dApp: codesOf((await checkManifest(BAD)).issues.filter(({ severity }) => severity === "error")),
      gateway: await ofOrder(gateway().quotes(request, AbortSignal.timeout(5_000))),
      node: await ofOrder(node().quote(request)),
    };
    for (const [place, codes] of Object.entries(answers)) expect(codes, place).to.deep.equal(CODES);
  });

  it("is refused at the same places of the order by gateway and node", async () => {
    const [one, other] = [
      await problemsOf(gateway().quotes(request, AbortSignal.timeout(5_000))),
      await problemsOf(node().quote(request)),
    ];
    expect(one).to.deep.equal(other);
    expect(one).to.deep.include({ code: "MANIFEST_FIZZ_PORT", path: "services.api.expose[0].as" });
  });

  async function ofCommandLine(): Promise<string[]> {
    const result = await home.run(["manifest", "validate", await home.write("bad.yaml", BAD), "--json"]);
    expect(result.code).to.equal(1);
    const { issues } = JSON.parse(result.stdout) as { issues: { code: string; severity: string }[] };
    return codesOf(issues.filter(({ severity }) => severity === "error"));
  }

  async function ofOrder(answer: Promise<unknown>): Promise<string[]> {
    return codesOf(await problemsOf(answer));
  }

  async function problemsOf(answer: Promise<unknown>): Promise<OrderProblem[]> {
    const error: unknown = await answer.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ProtocolError) || error.code !== "MANIFEST_INVALID")
      throw new Error(String(error));
    return error.details["problems"] as OrderProblem[];
  }

  function codesOf(problems: readonly { readonly code: string }[]): string[] {
    return [...new Set(problems.map(({ code }) => code))].sort();
  }

  function gateway(): GatewayQuoteDesk {
    const logger = memoryLogger();
    const chain = new GatewayChain();
    const nodes = new NodeDirectory(
      { chain, clock: Date.now, logger, hasLeases: () => false },
      { contracts: CONTRACTS, maxNodes: 10_000 },
    );
    const calls = { quote: () => Promise.reject(new Error("No node is asked.")) };
    return new GatewayQuoteDesk(
      { chain, nodes, calls, clock: Date.now, logger, freeDoors: () => 100, router: UNROUTED },
      { market: MARKET, operator: MARKET },
    );
  }

  function node(): NodeQuoteDesk {
    const chain = new NodeChain();
    const signer = new OperatorSigner(hashOf("operator"), chain);
    return new NodeQuoteDesk(
      {
        ...{ chain, store: new MemoryStore(), clock: new FakeClock(), signer },
        ...{ subnetId: () => 1, leases: () => 0, makeSealingKey: generateSealingKeyPair },
        ...{
          busy: () => undefined,
          gates: [],
          counter: new QuoteCounts(0),
          pricing: new ListPricing(NO_PRICES),
        },
      },
      {
        prices: NO_PRICES,
        ...{ tokenDecimals: 18, machine: machine(), maxLeases: 5 },
        ...{ startWindowSeconds: 300, noticeSeconds: 3_600 },
      },
    );
  }
});
