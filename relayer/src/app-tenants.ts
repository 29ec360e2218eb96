import { type Config } from "./config.ts";
import { StreamPlaces } from "./domain/stream-places.ts";
import { WalletLimit } from "./domain/wallet-limit.ts";
import { type HttpMeter } from "./http-ports.ts";
import { type Chain } from "./ports.ts";
import { TenantGate } from "./services/tenant-gate.ts";
import { type StartContext } from "./start-context.ts";

/** Open streams of one wallet, and of all. */
const MAX_STREAMS_EACH = 32;
const MAX_STREAMS = 1_000;

/** Counts who calls for a lease, by wallet. */
export function createTenantGate(
  context: StartContext,
  { chain, meter }: { readonly chain: Pick<Chain, "identity">; readonly meter: HttpMeter },
): TenantGate {
  const onRefused = (): void => {
    meter.limited("wallet_streams");
  };
  const streams = new StreamPlaces({ total: MAX_STREAMS, each: MAX_STREAMS_EACH, onRefused });
  const calls = createWalletLimit(context, meter, 1);
  return new TenantGate({ chain, calls, streams }, { market: context.config.contracts.leaseMarket });
}

/** @param weight Calls that each counts as. */
export function createWalletLimit(
  { config, reloader }: Pick<StartContext, "config" | "reloader">,
  meter: HttpMeter,
  weight: number,
): WalletLimit {
  let { walletRateLimit: perMinute }: Pick<Config, "walletRateLimit"> = config;
  reloader.add({
    name: "wallets",
    keys: ["walletRateLimit"],
    reload: (settings) => {
      perMinute = settings.walletRateLimit;
    },
  });
  return new WalletLimit({
    clock: Date.now,
    perMinute: () => Math.max(1, Math.floor(perMinute / weight)),
    onRefused: () => {
      meter.limited("wallet");
    },
  });
}
