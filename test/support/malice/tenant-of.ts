import { type Hex } from "viem";
import { type CliHome, type CliResult, createHome } from "../../cli/support/run.ts";
import { type NetworkDescription } from "../../../scripts/lib/network-description.ts";

/** A tenant whose CLI runs in this process, with a home of its own, at a gateway of one's choice. */
export interface TenantAt {
  readonly home: CliHome;
  run(argv: readonly string[]): Promise<CliResult>;
  stop(): Promise<void>;
}

export async function tenantAt(
  description: NetworkDescription,
  gatewayUrl: string,
  privateKey: Hex,
): Promise<TenantAt> {
  const home = await createHome();
  await home.write(".fizz/network.json", JSON.stringify({ ...description, gatewayUrl }));
  return {
    home,
    run: (argv) => home.run(argv, { fetch, env: { FIZZ_PRIVATE_KEY: privateKey } }),
    stop: () => home.remove(),
  };
}
