import { z } from "zod";
import { type AddressPool } from "../domain/address-pools.ts";
import { callEngine } from "./call-engine.ts";
import { connectDocker } from "./docker-client.ts";
import { LABEL } from "./labels.ts";

/** Most pools and networks of the engine's answer that are looked at. */
const MAX_POOLS = 1_024;
const MAX_NETWORKS = 10_000;

// Engines leave it out where nothing is configured.
const infoSchema = z.object({
  DefaultAddressPools: z.array(z.object({ Base: z.string(), Size: z.number() })).nullish(),
});
const networksSchema = z.array(z.object({ Labels: z.record(z.string(), z.string()).nullish() }));

/** Of what an engine makes networks, and how many it has that are no lease's. */
export interface NetworkFacts {
  /** Empty where the engine was told none. */
  readonly pools: readonly AddressPool[];
  readonly others: number;
}

/** @param timeoutMs Time for each answer. @throws ProtocolError as Engine */
export async function readNetworks(host: string, timeoutMs: number): Promise<NetworkFacts> {
  const docker = connectDocker(host, timeoutMs);
  return await callEngine("Asking for networks", async () => {
    const { DefaultAddressPools } = infoSchema.parse(await docker.info());
    const filters = { driver: ["bridge"] };
    const networks = networksSchema.parse(await docker.listNetworks({ filters })).slice(0, MAX_NETWORKS);
    return {
      pools: (DefaultAddressPools ?? [])
        .slice(0, MAX_POOLS)
        .map(({ Base: base, Size: size }) => ({ base, size })),
      others: networks.filter(({ Labels }) => !Object.hasOwn(Labels ?? {}, LABEL.node)).length,
    };
  });
}
