import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Address, type Hex } from "viem";
import { ensureBundle } from "./bundle.ts";
import { childEnvironment } from "./child-environment.ts";
import { inRoot } from "./paths.ts";
import { type Place } from "./place.ts";
import { type Daemon, spawnDaemon } from "./spawn-daemon.ts";
import { writeKeystores } from "./write-keystores.ts";

const READY_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2000;

/** Everything a gateway is told. */
export interface GatewayInit {
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  /** Whose rounds it follows; none when left out. */
  readonly capacityRounds?: Address;
  readonly key: Hex;
  readonly apiPort: number;
  /** Base URL of the HTTP API as others reach it. */
  readonly apiUrl: string;
  readonly place: Place;
  readonly tcpPort: number;
  readonly webSocketPort: number;
  /** Where nodes open their data links; 0 for any free port. */
  readonly linkPort: number;
  /** Ports of the doors, as in `30000-30999`. */
  readonly ports: string;
  /** What is reached by host name; nothing when left out. */
  readonly routing?: RoutingInit;
  readonly dataDir: string;
  readonly logDir: string;
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/** Names under a domain, and the ports of HTTP and HTTPS that serve them. */
export interface RoutingInit {
  readonly domain: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** libp2p addresses of a gateway, comma separated: TCP for nodes and the CLI, WebSocket for browsers. */
export function multiaddrsAt(address: string, ports: { tcpPort: number; webSocketPort: number }): string {
  return `/ip4/${address}/tcp/${ports.tcpPort},/ip4/${address}/tcp/${ports.webSocketPort}/ws`;
}

/** Starts the gateway program and waits until its HTTP API answers. */
export async function startGateway(init: GatewayInit): Promise<Daemon> {
  const api = gatewayApi({ baseUrl: init.apiUrl, fetch, timeoutMs: PROBE_TIMEOUT_MS });
  const { files, passwordFile } = await writeKeystores(init.dataDir, { gateway: init.key });
  await ensureBundle("relayer");
  return await spawnDaemon({
    name: "gateway",
    argv: [...init.place.prefix, process.execPath, inRoot("scripts/launch.js"), "relayer"],
    env: {
      ...gatewayEnvironment(init),
      FIZZ_GATEWAY_KEY_FILE: files.gateway,
      FIZZ_GATEWAY_PASSWORD_FILE: passwordFile,
    },
    logDir: init.logDir,
    readyTimeoutMs: READY_TIMEOUT_MS,
    readyProbe: async () => {
      await api.network();
      return true;
    },
    ...(init.verbose === undefined ? {} : { verbose: init.verbose }),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  });
}

function gatewayEnvironment(init: GatewayInit): NodeJS.ProcessEnv {
  return childEnvironment({
    FIZZ_RPC_URL: init.rpcUrl,
    FIZZ_CONTRACTS: JSON.stringify(init.contracts),
    FIZZ_GATEWAY_API_HOST: init.place.listenAddress,
    FIZZ_GATEWAY_API_PORT: String(init.apiPort),
    FIZZ_GATEWAY_API_URL: init.apiUrl,
    FIZZ_GATEWAY_LISTEN: multiaddrsAt(init.place.listenAddress, init),
    FIZZ_GATEWAY_ANNOUNCE: multiaddrsAt(init.place.address, init),
    FIZZ_GATEWAY_LINK_PORT: String(init.linkPort),
    FIZZ_GATEWAY_PUBLIC_HOST: init.place.address,
    FIZZ_GATEWAY_DOOR_HOST: init.place.listenAddress,
    FIZZ_GATEWAY_PORTS: init.ports,
    FIZZ_GATEWAY_DATA_DIR: init.dataDir,
    ...routingEnvironment(init.routing),
    ...(init.capacityRounds && { FIZZ_GATEWAY_CAPACITY_ROUNDS: init.capacityRounds }),
    FIZZ_LOG_LEVEL: init.verbose === true ? "debug" : "info",
  });
}

function routingEnvironment(routing: RoutingInit | undefined): NodeJS.ProcessEnv {
  if (routing === undefined) return {};
  return {
    FIZZ_GATEWAY_DOMAIN: routing.domain,
    FIZZ_GATEWAY_HTTP_PORT: String(routing.httpPort),
    FIZZ_GATEWAY_HTTPS_PORT: String(routing.httpsPort),
  };
}
