import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type FakeNetwork, startFakeNetwork } from "./fake-network.ts";
import { webManifest } from "./manifests.ts";
import { type CliHome, type CliResult, type CliRun, createHome } from "./run.ts";

/** Commands of one tenant on one network, a home of its own for each test. */
export class NetworkSuite {
  #network: FakeNetwork | undefined;
  #home: CliHome | undefined;

  /** Registers the hooks of a describe block. */
  static use(): NetworkSuite {
    const suite = new NetworkSuite();
    before(async () => {
      suite.#network = await startFakeNetwork();
    });
    after(async () => {
      await suite.#network?.stop();
    });
    beforeEach(async () => {
      await suite.#begin();
    });
    afterEach(async () => {
      await suite.#home?.remove();
    });
    return suite;
  }

  get network(): FakeNetwork {
    if (this.#network === undefined) throw new Error("the network has not started");
    return this.#network;
  }

  get home(): CliHome {
    if (this.#home === undefined) throw new Error("no test is running");
    return this.#home;
  }

  async run(argv: readonly string[], options: Omit<CliRun, "fetch"> = {}): Promise<CliResult> {
    const { folder } = this.home;
    const given = argv.map((argument) => (argument === "web.yaml" ? `${folder}/web.yaml` : argument));
    return await this.home.run(given, { ...options, fetch: this.network.fetch });
  }

  async create(flags: readonly string[] = []): Promise<CliResult> {
    return await this.run(["deployment", "create", "web.yaml", "--yes", ...flags]);
  }

  /** Creates a deployment and gives its number. */
  async createLease(): Promise<string> {
    const result = await this.create(["--json"]);
    if (result.code !== 0) throw new Error(result.stderr);
    return String(result.json()["lid"]);
  }

  async read(
    functionName: "leaseCount" | "strikesOf" | "pendingUpdateOf",
    args: readonly unknown[],
  ): Promise<unknown> {
    const call = {
      address: this.network.contracts.leaseMarket,
      abi: leaseMarketAbi,
      functionName,
      args,
    } as never;
    return await this.network.chain.client.readContract(call);
  }

  async leaseCount(): Promise<bigint> {
    return (await this.read("leaseCount", [])) as bigint;
  }

  /** Waits for the next lease, and a moment more for the command to go on. */
  async nextLease(count: bigint): Promise<void> {
    while ((await this.leaseCount()) === count) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }

  async leaseOf(
    lid: string,
  ): Promise<{ state: number; version: number; balance: bigint; manifestHash: string }> {
    return await this.network.chain.client.readContract({
      address: this.network.contracts.leaseMarket,
      abi: leaseMarketAbi,
      functionName: "leaseOf",
      args: [BigInt(lid)],
    });
  }

  async rpc(method: string, params: readonly unknown[]): Promise<void> {
    await this.network.chain.client.request({ method, params } as never);
  }

  async #begin(): Promise<void> {
    this.#home = await createHome();
    await this.#home.write(".fizz/network.json", this.network.description);
    await this.#home.write("web.yaml", webManifest());
    Object.assign(this.network.behaviour, {
      outcome: "start",
      bids: true,
      forge: (quote: unknown) => quote,
      quoteKey: undefined,
      tamper: (response: unknown) => response,
      offlineDeliveries: 0,
      startWindowSeconds: 600,
      connection: "echo",
    });
  }
}
