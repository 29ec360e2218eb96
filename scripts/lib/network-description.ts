import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Stoppable } from "./cleanup.ts";
import { inRoot } from "./paths.ts";

const FILE = inRoot(".fizz/network.json");

/** What CLI and dApp need to know of a running local network. */
export interface NetworkDescription {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  readonly gatewayUrl: string;
  /** Empty where no dApp is served. */
  readonly webUrl: string;
  readonly subnetId: number;
  /** The keys of its accounts are public. */
  readonly dev: true;
}

/** Writes `.fizz/network.json`, where the CLI looks; `stop` removes it if it is still this one. */
export async function publishNetwork(description: NetworkDescription): Promise<Stoppable> {
  const text = `${JSON.stringify(description, undefined, 2)}\n`;
  await mkdir(inRoot(".fizz"), { recursive: true });
  const temporary = `${FILE}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, FILE);
  return {
    stop: async () => {
      const now = await readFile(FILE, "utf8").catch(() => undefined);
      if (now === text) await rm(FILE, { force: true });
    },
  };
}
