import { readFile } from "node:fs/promises";
import { type BrowserContext } from "playwright-core";
import {
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  numberToHex,
  type TypedDataDefinition,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";

const ICON =
  "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='teal'/></svg>";
const USER_REJECTED = { code: 4_001, message: "User rejected the request." };
const UNKNOWN_CHAIN = { code: 4_902, message: "Unrecognized chain." };

type Answer = { readonly result: unknown } | { readonly error: { code: number; message: string } };

export interface TestWalletInit {
  readonly privateKey: Hex;
  readonly rpcUrl: string;
  /** The chain that the wallet is on at first, and those that it knows. */
  readonly startChainId: number;
}

/** A wallet that announces itself to the page (EIP-6963). Its key and its decisions stay on this side. */
export class TestWallet {
  /** Methods that are asked, in order. */
  readonly log: string[] = [];
  /** What the wallet's owner says to the next requests that need them. */
  policy: "approve" | "reject" = "approve";
  readonly #init: TestWalletInit;
  readonly #known = new Set<number>();
  #chainId: number;
  #isPermitted = false;

  constructor(init: TestWalletInit) {
    this.#init = init;
    this.#chainId = init.startChainId;
    this.#known.add(init.startChainId);
  }

  get address(): Hex {
    return privateKeyToAccount(this.#init.privateKey).address;
  }

  /** How often the wallet's owner was asked to sign or send. */
  prompts(): number {
    return this.log.filter((method) => PROMPTS.has(method)).length;
  }

  async install(context: BrowserContext): Promise<void> {
    await context.exposeBinding("walletRequest", async (_source, text: string) => {
      const { method, params } = JSON.parse(text) as { method: string; params: unknown[] };
      this.log.push(method);
      const answer = await this.#answer(method, params).catch((error: unknown) => ({
        error: { code: -32_603, message: error instanceof Error ? error.message : "failed" },
      }));
      return JSON.stringify({ ...answer, chainId: numberToHex(this.#chainId) });
    });
    const info = { uuid: crypto.randomUUID(), name: "Test wallet", icon: ICON, rdns: "test.fizz.wallet" };
    const setup = JSON.stringify({ info, chainId: numberToHex(this.#chainId) });
    const script = await readFile(new URL("page-wallet.js", import.meta.url), "utf8");
    await context.addInitScript({ content: `globalThis.__fizzTestWallet = ${setup};\n${script}` });
  }

  async #answer(method: string, params: readonly unknown[]): Promise<Answer> {
    if (PROMPTS.has(method) && this.policy === "reject") return { error: USER_REJECTED };
    const handler = Object.hasOwn(this.#handlers, method) ? this.#handlers[method] : undefined;
    if (handler !== undefined) return await handler(params);
    const client = createPublicClient({ transport: http(this.#init.rpcUrl) });
    return { result: await client.request({ method, params } as never) };
  }

  readonly #handlers: Record<string, (params: readonly unknown[]) => Promise<Answer> | Answer> = {
    eth_chainId: () => ({ result: numberToHex(this.#chainId) }),
    eth_accounts: () => ({ result: this.#isPermitted ? [this.address] : [] }),
    eth_requestAccounts: () => this.#permit([this.address]),
    wallet_requestPermissions: () => this.#permit([{ parentCapability: "eth_accounts" }]),
    wallet_getPermissions: () => ({
      result: this.#isPermitted ? [{ parentCapability: "eth_accounts" }] : [],
    }),
    wallet_revokePermissions: () => {
      this.#isPermitted = false;
      return { result: null };
    },
    wallet_switchEthereumChain: ([wanted]) => this.#switchChain(wanted),
    wallet_addEthereumChain: ([wanted]) => {
      const { chainId } = wanted as { chainId: Hex };
      this.#known.add(Number(chainId));
      return this.#switchChain(wanted);
    },
    eth_signTypedData_v4: async ([, json]) => {
      const account = privateKeyToAccount(this.#init.privateKey);
      return { result: await account.signTypedData(JSON.parse(json as string) as TypedDataDefinition) };
    },
    eth_sendTransaction: async ([transaction]) => ({ result: await this.#send(transaction) }),
  };

  #permit(result: unknown): Answer {
    this.#isPermitted = true;
    return { result };
  }

  #switchChain(wanted: unknown): Answer {
    const chainId = Number((wanted as { chainId: Hex }).chainId);
    if (!this.#known.has(chainId)) return { error: UNKNOWN_CHAIN };
    this.#chainId = chainId;
    return { result: null };
  }

  async #send(transaction: unknown): Promise<Hex> {
    const { to, data, value, gas } = transaction as { to: Hex; data?: Hex; value?: Hex; gas?: Hex };
    const client = createWalletClient({
      account: privateKeyToAccount(this.#init.privateKey),
      chain: anvil,
      transport: http(this.#init.rpcUrl),
    });
    return await client.sendTransaction({
      to,
      ...(data === undefined ? {} : { data }),
      ...(value === undefined ? {} : { value: BigInt(value) }),
      ...(gas === undefined ? {} : { gas: BigInt(gas) }),
    });
  }
}

/** What a wallet asks its owner about. */
const PROMPTS = new Set(["eth_requestAccounts", "eth_signTypedData_v4", "eth_sendTransaction"]);
