import { type Chain } from "./ports.ts";
import { type StoreWatch } from "./services/store-watch.ts";
import { type StartContext } from "./start-context.ts";

/** Tells why the gateway cannot serve tenants now; undefined when it can. */
export type NotReady = () => string | undefined;

export function readiness(
  { drain }: Pick<StartContext, "drain">,
  {
    chain,
    watch,
  }: { readonly chain: Pick<Chain, "health">; readonly watch: Pick<StoreWatch, "isReachable"> },
): NotReady {
  return () => {
    if (drain.times !== undefined) return "The gateway is about to end.";
    if (!watch.isReachable) return "STORE_FAILED: The gateway's database does not answer.";
    return chain.health().reachable ? undefined : "The chain does not answer.";
  };
}
