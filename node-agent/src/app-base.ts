import { gatewayApi } from "@fizz/protocol/gateway-api";
import { privateKeyToAccount } from "viem/accounts";
import { createEngine, type EngineParts } from "./app-engine.ts";
import { createImageParts, type ImageParts } from "./app-images.ts";
import { type AppComponents, type AppInit } from "./app-init.ts";
import { createStores, type StorePorts, type Stores } from "./app-stores.ts";
import { NodeChain } from "./chain/node-chain.ts";
import { OperatorSigner } from "./chain/operator-signer.ts";
import { RelayedCalls } from "./chain/relayed-calls.ts";
import { Transactions } from "./chain/transactions.ts";
import { listenTable } from "./containers/listen-table.ts";
import { prober, proberThrough } from "./containers/prober.ts";
import { type ObservedContainer } from "./domain/observed.ts";
import { type Prober } from "./health-ports.ts";
import { HealthWatch } from "./leases/health-watch.ts";
import { ListenWatch } from "./leases/listen-watch.ts";
import { HeldManifests } from "./leases/held-manifests.ts";
import { LiveGrants } from "./leases/live-grants.ts";
import { type Reconciler } from "./leases/reconciler.ts";
import { Traffic } from "./leases/traffic.ts";
import { Wakeup } from "./leases/wakeup.ts";
import { type Logger } from "./observability/logger.ts";
import { type Libp2pGatewayLink } from "./p2p/gateway-link.ts";
import { type Reach } from "./reach-ports.ts";
import { ReachClient } from "./reach/reach-client.ts";
import { systemClock as clock } from "./system-clock.ts";

/** Leases and gateway know each other only through these two. */
export interface Links {
  readonly gateway: () => Libp2pGatewayLink;
  readonly reconciler: () => Reconciler;
}

/** The adapters, and what all share. */
export interface Base extends StorePorts, EngineParts {
  readonly log: Logger;
  readonly chain: NodeChain;
  readonly signer: OperatorSigner;
  readonly stores: Stores;
  readonly images: ImageParts;
  readonly wakeup: Wakeup;
  readonly manifests: HeldManifests;
  readonly live: LiveGrants;
  readonly traffic: Traffic;
  readonly health: HealthWatch;
  readonly listens: ListenWatch;
  /** How containers are reached; undefined: by their addresses. */
  readonly reach?: Reach;
}

/** Builds the adapters. */
export function createBase(
  { chain: clients, log, database }: AppComponents,
  links: Links,
  init: AppInit,
): Base {
  const { operatorKey, contracts, confirmations } = init;
  const wallet = clients.walletOf(operatorKey);
  const operator = wallet.account.address;
  const chainId = clients.chain.id;
  const chainLog = log.child({ part: "chain" });
  const direct = new Transactions({ client: clients.client, wallet, log: chainLog });
  const transactions = new RelayedCalls(
    {
      ...{ client: clients.client, direct, clock, log: chainLog },
      gateway: gatewayApi({ baseUrl: init.gatewayUrl, fetch }),
      account: privateKeyToAccount(operatorKey),
    },
    { mode: init.relayRequests, chainId, contracts },
  );
  const stores = createStores({ database, clock, log: log.child({ part: "store" }) });
  const wakeup = new Wakeup(clock);
  const onChange = (): void => {
    wakeup.now();
  };
  const engineComponents = { clock, log, journal: stores.ports.journal, ...engineLinks(links) };
  const { ask, ...reached } = reachContainers(init);
  const parts = createEngine(engineComponents, init, operator);
  return {
    log,
    ...stores.ports,
    stores,
    chain: new NodeChain(
      { client: clients.client, transactions },
      { chainId, contracts, operator, confirmations },
    ),
    signer: new OperatorSigner(operatorKey, { chainId, market: contracts.leaseMarket }),
    ...parts,
    images: createImageParts({ ...stores.ports, ...parts, clock, log, onChange: pokeOf(links) }, init),
    wakeup,
    traffic: new Traffic({ clock, onIdle: onChange }),
    ...reached,
    health: new HealthWatch({ prober: ask, journal: stores.ports.journal, clock, onChange }),
    listens: new ListenWatch({ table: listenTable, clock, onChange }),
    manifests: new HeldManifests(init.diskMethod),
    live: new LiveGrants(clock),
  };
}

/** How the agent gets to containers from where it is. */
function reachContainers({ reachSocket: path }: AppInit): { readonly ask: Prober; readonly reach?: Reach } {
  if (path === undefined) return { ask: prober };
  const reach = new ReachClient(path);
  return { ask: proberThrough(reach), reach };
}

/** Tells the gateway that the offer has changed. */
export function pokeOf({ gateway }: Pick<Links, "gateway">): () => void {
  return () => {
    gateway().poke();
  };
}

function engineLinks({ gateway, reconciler }: Links) {
  return {
    containers: (): readonly ObservedContainer[] => reconciler().world()?.containers ?? [],
    onGpusChanged: pokeOf({ gateway }),
  };
}
