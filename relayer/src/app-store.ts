import { randomUUID } from "node:crypto";
import { addressOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type Config } from "./config.ts";
import { type StoreStatus } from "./process-ports.ts";
import { type SharedNodes } from "./services/shared-nodes.ts";
import { StoreWatch } from "./services/store-watch.ts";
import { type Part, type StartContext } from "./start-context.ts";
import { type Channel } from "./store/channels.ts";
import type { SolePartInit } from "./store/sole-part.ts";
import { SqlRegistry } from "./store/sql-registry.ts";
import { SqlStore } from "./store/sql-store.ts";

/** The store, started, and what only one has that several processes may use. */
export interface OpenedStore {
  readonly store: SqlStore;
  readonly watch: StoreWatch;
  /** Another one after each start. */
  readonly processId: string;
  /** Undefined for the embedded database. */
  readonly shared?: {
    readonly registry: SqlRegistry;
    /** Calls back when another process may have changed something. */
    readonly onNotify: (listener: (channel: Channel) => void) => void;
    /** The same part, running in one process of all at a time. */
    readonly alone: (lock: SolePartInit["lock"], part: SolePartInit["part"]) => Part;
  };
}

/** Opens the store, embedded or on a server. @throws ProtocolError CONFIG_INVALID, STORE_FAILED */
export async function openStore(context: StartContext): Promise<OpenedStore> {
  const { config, logger, begin, key } = context;
  const { databaseUrl: url, dataDir: directory } = config;
  const processId = randomUUID();
  if (url === undefined) {
    // Each takes a while and memory to load: the one that is not used is not.
    const { pgliteEngine } = await import("./store/pglite-engine.ts");
    const store = new SqlStore(pgliteEngine(directory));
    await begin(store);
    return { store, processId, watch: await watchStore(context, store) };
  }
  const { postgresConfig, postgresEngine } = await import("./store/postgres-engine.ts");
  const { SolePart } = await import("./store/sole-part.ts");
  const listeners = new Set<(channel: Channel) => void>();
  const onNotify = (channel: Channel): void => {
    for (const listener of listeners) listener(channel);
  };
  const store = new SqlStore(
    postgresEngine({ url, directory, logger: logger.child({ part: "store" }), onNotify }),
  );
  await begin(store);
  const registry = new SqlRegistry(store);
  await registry.join(addressOfPublicKey(publicKeyOfPrivateKey(key)));
  const alone = (lock: SolePartInit["lock"], part: SolePartInit["part"]): Part =>
    new SolePart({ config: postgresConfig(url), lock, part, logger: logger.child({ part: "sharing" }) });
  const shared = {
    registry,
    onNotify: (listener: (channel: Channel) => void) => listeners.add(listener),
    alone,
  };
  return { store, processId, watch: await watchStore(context, store), shared };
}

async function watchStore({ logger, begin }: StartContext, store: SqlStore): Promise<StoreWatch> {
  const watch = new StoreWatch({ ask: () => store.ping(), logger: logger.child({ part: "store" }) });
  await begin(watch);
  return watch;
}

/** For the operator. The user and the password of the database are not told. */
export function storeStatus({ databaseUrl }: Config, sharing: SharedNodes | undefined): StoreStatus {
  if (databaseUrl === undefined) return { kind: "embedded" };
  const { host, pathname } = new URL(databaseUrl);
  return { kind: "postgresql", at: `${host}${pathname}`, processes: sharing?.processes() ?? [] };
}
