import { type OpenedStore } from "./app-store.ts";
import { createWalletLimit } from "./app-tenants.ts";
import { RpcRelayChain } from "./chain/relay-chain.ts";
import { type Config } from "./config.ts";
import { type PromMeter } from "./observability/prom-meter.ts";
import { type Chain } from "./ports.ts";
import { RELAY_POLICY_SETTINGS, relayFeeCap, relayPolicy } from "./relay-settings.ts";
import { type RelayStatus, type RequestBackend } from "./request-ports.ts";
import { type DeskPolicy, RequestDesk } from "./services/request-desk.ts";
import { RequestSender, type SenderSettings } from "./services/request-sender.ts";
import { type StartContext } from "./start-context.ts";
import { type SqlStore } from "./store/sql-store.ts";

/** As for addresses: each makes the gateway ask the chain a dozen times. */
const CALLS_PER_REQUEST = 5;

export interface RequestParts {
  readonly chain: Chain;
  readonly store: Pick<SqlStore, "requests">;
  readonly meter: PromMeter;
  /** Where several processes share the store, one of them sends. */
  readonly alone: NonNullable<OpenedStore["shared"]>["alone"] | undefined;
}

/** What pays for calls that nodes, and tenants if the operator wants, have signed. */
export async function startRequests(
  context: StartContext,
  { chain, store: whole, meter, alone }: RequestParts,
): Promise<{ readonly requests: RequestBackend; readonly relayStatus: () => RelayStatus | undefined }> {
  const { config, key, logger, begin, drain, reloader } = context;
  const log = logger.child({ part: "requests" });
  const relay = new RpcRelayChain({ rpcUrl: config.rpcUrl, contracts: config.contracts, key });
  const store = whole.requests();
  const wallets = createWalletLimit(context, meter, CALLS_PER_REQUEST);
  const parts = { chain, relay, store, clock: Date.now, meter, logger: log, wallets };
  const sender = new RequestSender(parts, { depth: BigInt(config.confirmations) }, sending(config));
  const requireServing = (): void => {
    drain.requireServing();
  };
  const onAccepted = (): void => {
    sender.poke();
  };
  const desk = new RequestDesk({ ...parts, requireServing, onAccepted }, policy(config));
  reloader.add({
    name: "requests",
    keys: RELAY_POLICY_SETTINGS,
    reload: (settings) => {
      desk.setPolicy(policy(settings));
      sender.setSettings(sending(settings));
    },
  });
  const relayStatus = (): RelayStatus | undefined => sender.status();
  meter.watchRelayed(relayStatus);
  await begin(alone?.("sole part", sender) ?? sender);
  return { requests: desk, relayStatus };
}

function policy(config: Config): DeskPolicy {
  return { ...relayPolicy(config), minBalance: config.relayMinBalance };
}

function sending(config: Config): SenderSettings {
  return {
    feeCap: relayFeeCap(config),
    bumpBlocks: BigInt(config.relayBumpBlocks),
    minBalance: config.relayMinBalance,
    total: relayPolicy(config).total,
  };
}
