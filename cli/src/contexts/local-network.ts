import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { contractsSchema } from "@fizz/protocol/messages";
import { z } from "zod";
import { readJsonFile } from "../files.ts";

const localNetworkSchema = z.object({
  chainId: z.number().int().min(1),
  rpcUrl: z.url(),
  contracts: contractsSchema,
  gatewayUrl: z.url(),
  subnetId: z.number().int().optional(),
  dev: z.boolean().default(false),
});
export type LocalNetwork = z.infer<typeof localNetworkSchema>;

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * The network that `npm start` runs: `.fizz/network.json` in the folder, one above it, or the repository.
 *
 * @throws ProtocolError STORE_FAILED when such a file is there and cannot be read.
 */
export async function findLocalNetwork(
  folder: string,
  repository: string = REPOSITORY,
): Promise<LocalNetwork | undefined> {
  for (const candidate of [...ancestors(folder), repository]) {
    const found = await readJsonFile(join(candidate, ".fizz", "network.json"), localNetworkSchema);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
