import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Browser, type BrowserContext, type Page } from "playwright-core";
import { type Address } from "viem";
import { buildContracts, buildWeb } from "../../../scripts/lib/build-steps.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { findEngine } from "../../../scripts/lib/docker/find-engine.ts";
import { findChromium } from "../../../scripts/lib/find-chromium.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { ensureHelloImage } from "../../../scripts/lib/hello-image.ts";
import { type LocalNetwork, startLocalNetwork } from "../../../scripts/lib/local-network.ts";
import { serveWeb } from "../../../scripts/lib/serve-web.ts";
import { freeOf, lockedOf } from "../../support/read-escrow.ts";
import { launchBrowser } from "./launch-browser.ts";
import { TestWallet } from "./test-wallet.ts";

/** Time for what a person would wait for, in milliseconds. */
export const PATIENCE_MS = 30_000;

/** A whole network, the dApp as it is built, and a browser. */
export interface Site {
  readonly url: string;
  readonly network: LocalNetwork;
  /** A browser profile of its own with a wallet that holds the tenant's key. */
  visit(options?: VisitOptions): Promise<Visit>;
  accountOf(address: Address): Promise<{ free: bigint; locked: bigint }>;
  leaseCount(): Promise<bigint>;
}

export interface VisitOptions {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  /** Chain that the wallet is on at first. */
  readonly walletChainId?: number;
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly wallet: TestWallet;
  /** Whatever the page complained about: errors of scripts, of the policy, requests that left this machine. */
  readonly complaints: string[];
}

let shared: Promise<Site> | undefined;
const cleanup = new Cleanup();

/** One network and one browser for all files of a run; without an engine or a browser the tests are skipped. */
export async function sharedSite(context: Mocha.Context): Promise<Site> {
  const engine = await findEngine();
  const chromium = findChromium();
  if (engine === undefined || chromium === undefined) return context.skip();
  shared ??= startSite(engine, chromium);
  return await shared;
}

/** For the last hook of a run. */
export async function stopSharedSite(): Promise<void> {
  await shared?.catch(() => undefined);
  await cleanup.stop();
  shared = undefined;
}

type Engine = NonNullable<Awaited<ReturnType<typeof findEngine>>>;

async function startSite(engine: Engine, chromium: string): Promise<Site> {
  await buildContracts();
  await buildWeb();
  await ensureHelloImage(engine.client);
  const network = cleanup.use("network", await startLocalNetwork({ docker: engine, blockSeconds: 1 }));
  const web = cleanup.use(
    "dApp",
    await serveWeb({
      port: await freePort(),
      network: () => network.description,
      connect: ["http://127.0.0.1:*", "ws://127.0.0.1:*"],
    }),
  );
  const browser = await launchBrowser(chromium);
  cleanup.defer("browser", () => browser.close());
  const market = { address: network.description.contracts.leaseMarket, abi: leaseMarketAbi } as const;
  const { client } = network.chain;
  return {
    url: web.url,
    network,
    visit: async (options = {}) => await openVisit(browser, network, options),
    accountOf: async (address) => {
      const read = { client, market: market.address };
      return { free: await freeOf(read, address), locked: await lockedOf(read, address) };
    },
    leaseCount: async () => await client.readContract({ ...market, functionName: "leaseCount" }),
  };
}

async function openVisit(browser: Browser, network: LocalNetwork, options: VisitOptions): Promise<Visit> {
  const { chainId, rpcUrl } = network.description;
  const context = await browser.newContext({
    colorScheme: options.theme ?? "light",
    viewport: { width: options.width ?? 1_280, height: 900 },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const wallet = new TestWallet({
    privateKey: devAccount("tenant").privateKey,
    rpcUrl,
    startChainId: options.walletChainId ?? chainId,
  });
  await wallet.install(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    const isHere = hostname === "127.0.0.1" || protocol === "data:" || protocol === "blob:";
    if (!isHere) complaints.push(`request: ${request.url()}`);
  });
  return { context, page, wallet, complaints };
}
