import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { ensureBundle, NODE_FLAGS } from "./bundle.ts";
import { childEnvironment } from "./child-environment.ts";
import { inRoot } from "./paths.ts";
import { type Place } from "./place.ts";
import { type Daemon, spawnDaemon } from "./spawn-daemon.ts";
import { writeKeystores } from "./write-keystores.ts";

/** Everything a node agent is told. */
export interface NodeInit {
  readonly name: string;
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  /** Operator key: the machine's identity. */
  readonly key: Hex;
  /** Owner key, only to register. */
  readonly ownerKey: Hex;
  /** HTTP API of the gateway. */
  readonly gatewayUrl: string;
  readonly mode: "fizz" | "provider";
  readonly region: string;
  /** As in `cpu=2,memory=4Gi,storage=20Gi`. */
  readonly resources: string;
  /** Price list as JSON; undefined: the built-in one. */
  readonly prices?: string;
  readonly dockerHost: string;
  readonly dataDir: string;
  readonly logDir: string;
  readonly place: Place;
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/** Starts the node program, which registers itself and joins its gateway's subnet. `ready` says that it did. */
export async function startNode(init: NodeInit, ready: () => Promise<boolean>): Promise<Daemon> {
  const files = await writeKeys(init);
  await ensureBundle("node-agent");
  const program = [inRoot("scripts/launch.js"), "node-agent", "start"];
  return await spawnDaemon({
    name: init.name,
    argv: [...init.place.prefix, process.execPath, ...NODE_FLAGS["node-agent"], ...program],
    env: { ...nodeEnvironment(init), ...files },
    logDir: init.logDir,
    readyProbe: ready,
    ...(init.verbose === undefined ? {} : { verbose: init.verbose }),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  });
}

async function writeKeys({ dataDir, key, ownerKey }: NodeInit): Promise<NodeJS.ProcessEnv> {
  const { files, passwordFile } = await writeKeystores(dataDir, { operator: key, owner: ownerKey });
  return {
    FIZZ_NODE_KEY_FILE: files.operator,
    FIZZ_NODE_PASSWORD_FILE: passwordFile,
    FIZZ_NODE_OWNER_KEYSTORE: files.owner,
    FIZZ_NODE_OWNER_PASSWORD_FILE: passwordFile,
  };
}

function nodeEnvironment(init: NodeInit): NodeJS.ProcessEnv {
  return childEnvironment({
    DOCKER_HOST: init.dockerHost,
    FIZZ_RPC_URL: init.rpcUrl,
    FIZZ_CONTRACTS: JSON.stringify(init.contracts),
    FIZZ_NODE_GATEWAY: init.gatewayUrl,
    FIZZ_NODE_DATA_DIR: init.dataDir,
    FIZZ_NODE_AUTO_REGISTER: "1",
    // Tests bring registries of their own.
    FIZZ_NODE_REGISTRIES: "127.0.0.1,localhost",
    FIZZ_NODE_MODE: init.mode,
    FIZZ_NODE_REGION: init.region,
    FIZZ_NODE_RESOURCES: init.resources,
    ...(init.prices === undefined ? {} : { FIZZ_NODE_PRICES: init.prices }),
    // Several nodes share this machine, and what each claims is made up.
    FIZZ_NODE_BENCHMARK_SECONDS: "0",
    FIZZ_LOG_LEVEL: init.verbose === true ? "debug" : "info",
  });
}
