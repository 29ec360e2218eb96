import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type ContractAddresses } from "@fizz/protocol/messages";
import type Dockerode from "dockerode";
import { type Address, type Hex } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { deployCapacityRounds, deployLocal } from "../deploy-local.ts";
import { Cleanup, type Stoppable } from "./cleanup.ts";
import { devAccount } from "./dev-accounts.ts";
import { removeNodeContainers } from "./docker/remove-node-containers.ts";
import { freePort, freePortRange } from "./free-port.ts";
import { type NetworkDescription } from "./network-description.ts";
import { withProgress } from "./progress.js";
import { connectChain, fundOperators, type LocalChain, registerSubnet } from "./set-up-chain.ts";
import { type Daemon } from "./spawn-daemon.ts";
import { type Anvil, startAnvil } from "./start-anvil.ts";
import { LOOPBACK, type Place } from "./place.ts";
import { multiaddrsAt, type RoutingInit, startGateway } from "./start-gateway.ts";
import { ensureSandboxImage } from "./sandbox-image.ts";
import { startNode } from "./start-node.ts";
import { createTempDir } from "./temp-dir.ts";

const DEFAULT_BLOCK_SECONDS = 2;
const DOORS = 100;

/** Ports that are taken when they are free; others otherwise. */
export interface WishedPorts {
  readonly chain?: number;
  readonly gatewayApi?: number;
  readonly gatewayTcp?: number;
  readonly gatewayWebSocket?: number;
  readonly gatewayLink?: number;
  readonly firstDoor?: number;
}

/** Where a gateway is reached. */
export interface GatewayAddresses {
  readonly place: Place;
  readonly apiPort: number;
  readonly apiUrl: string;
  readonly tcpPort: number;
  readonly webSocketPort: number;
  /** 0 for any free port. */
  readonly linkPort: number;
  readonly ports: string;
  readonly routing?: RoutingInit;
}

/** What the local network is made with. */
export interface LocalNetworkInit {
  readonly docker: { readonly host: string; readonly client: Dockerode };
  readonly ports?: WishedPorts;
  /** Where the programs live: this machine's loopback unless told. */
  readonly places?: { readonly chain: Place; readonly gateway: Place; readonly node: Place };
  /** Called between the start of the gateway and that of the node. */
  readonly onGatewayReady?: (gateway: GatewayAddresses) => Promise<void>;
  /** Goes into the description only. */
  readonly webUrl?: string;
  /** Domain whose names the gateway serves over HTTP and HTTPS; none when left out. */
  readonly domain?: string;
  /** What the node is; a Fizz node when left out. */
  readonly mode?: "fizz" | "provider";
  /** What the node offers, as in `cpu=2,memory=4Gi,storage=20Gi`. */
  readonly resources?: string;
  /** Between two blocks; 2 unless told. */
  readonly blockSeconds?: number;
  /** Folder of the node's data; one of its own when left out. */
  readonly nodeDataDir?: string;
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/** A chain, a gateway and a node, running. */
export interface LocalNetwork extends Stoppable {
  readonly description: NetworkDescription;
  /** Where the gateway serves host names, when it does. */
  readonly routing?: RoutingInit;
  readonly chain: LocalChain;
  readonly anvil: Anvil;
  readonly gatewayOperator: Address;
  /** Of the gateway's operator, and where it listens: for tests that stand in its place. */
  readonly gatewayKey: Hex;
  readonly gatewayAddresses: GatewayAddresses;
  readonly nodeOperator: Address;
  readonly nodeOwner: Address;
  readonly gatewayOwner: Address;
  readonly docker: Dockerode;
  /** Folder of the log files. */
  readonly logDir: string;
  /** The programs that run now. */
  gateway(): Daemon;
  node(): Daemon;
  /** Ends the program and starts it again on the same data. */
  restartGateway(): Promise<void>;
  restartNode(): Promise<void>;
}

/**
 * Starts a local chain, the contracts, one subnet with its gateway, and one registered node. Daemon
 * keys are fresh each time, so that two networks on one engine never take each other's containers for their own.
 */
export async function startLocalNetwork(init: LocalNetworkInit): Promise<LocalNetwork> {
  const cleanup = new Cleanup();
  try {
    return await new NetworkBuilder(init, cleanup).build();
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

interface StartedChain {
  readonly anvil: Anvil;
  readonly chain: LocalChain;
  readonly contracts: ContractAddresses;
  readonly capacityRounds: Address;
  readonly subnetId: number;
}

class NetworkBuilder {
  readonly #init: LocalNetworkInit;
  readonly #cleanup: Cleanup;
  readonly #gatewayKey: Hex = generatePrivateKey();
  readonly #nodeKey: Hex = generatePrivateKey();

  constructor(init: LocalNetworkInit, cleanup: Cleanup) {
    this.#init = init;
    this.#cleanup = cleanup;
  }

  async build(): Promise<LocalNetwork> {
    const run = this.#cleanup.use("run folder", await createTempDir("network"));
    const [gatewayOperator, nodeOperator] = [this.#gatewayKey, this.#nodeKey].map(privateKeyToAddress) as [
      Address,
      Address,
    ];
    const where = await this.#chooseAddresses();
    await ensureSandboxImage(this.#init.docker.client);
    const { anvil, chain, contracts, capacityRounds, subnetId } = await withProgress(
      "Starting a chain and deploying the contracts",
      () => this.#startChain({ gatewayOperator, nodeOperator, where }),
    );
    const shared = { rpcUrl: anvil.rpcUrl, contracts, logDir: run.path, ...this.#options() };

    const makeGateway = async (): Promise<Daemon> =>
      await startGateway({
        ...shared,
        ...where,
        key: this.#gatewayKey,
        capacityRounds,
        dataDir: await subfolder(run.path, "gateway"),
      });
    const api = gatewayApi({ baseUrl: where.apiUrl, fetch });
    const makeNode = async (): Promise<Daemon> => {
      const nodeInit = {
        name: "node",
        place: this.#init.places?.node ?? LOOPBACK,
        key: this.#nodeKey,
        ownerKey: devAccount("nodeOwner").privateKey,
        gatewayUrl: where.apiUrl,
        mode: this.#init.mode ?? "fizz",
        region: "local",
        resources: this.#init.resources ?? "cpu=2,memory=4Gi,storage=20Gi",
        dockerHost: this.#init.docker.host,
        dataDir: this.#init.nodeDataDir ?? (await subfolder(run.path, "node")),
      };
      return await startNode(
        { ...shared, ...nodeInit },
        async () => (await api.nodes({ operator: nodeOperator, online: "true", limit: "1" })).total > 0,
      );
    };
    let gateway = await withProgress("Starting a gateway", makeGateway);
    this.#cleanup.defer("gateway", () => gateway.stop());
    await this.#init.onGatewayReady?.(where);
    const { client } = this.#init.docker;
    this.#cleanup.defer("the node's containers", () => removeNodeContainers(client, nodeOperator));
    let node = await withProgress("Starting a node", makeNode);
    this.#cleanup.defer("node", () => node.stop());

    return {
      description: this.#describe({ anvil, contracts, gatewayUrl: where.apiUrl, subnetId }),
      ...(where.routing === undefined ? {} : { routing: where.routing }),
      chain,
      anvil,
      gatewayOperator,
      gatewayKey: this.#gatewayKey,
      gatewayAddresses: where,
      nodeOperator,
      nodeOwner: devAccount("nodeOwner").account.address,
      gatewayOwner: devAccount("gatewayOwner").account.address,
      docker: client,
      logDir: run.path,
      gateway: () => gateway,
      node: () => node,
      restartGateway: async () => {
        await gateway.stop();
        gateway = await makeGateway();
      },
      restartNode: async () => {
        await node.stop();
        node = await makeNode();
      },
      stop: () => this.#cleanup.stop(),
    };
  }

  #options(): { verbose?: boolean; signal?: AbortSignal } {
    const { verbose, signal } = this.#init;
    return { ...(verbose === undefined ? {} : { verbose }), ...(signal === undefined ? {} : { signal }) };
  }

  /** Blocks come at once while everything is set up, then at their pace. */
  async #startChain(init: {
    gatewayOperator: Address;
    nodeOperator: Address;
    where: GatewayAddresses;
  }): Promise<StartedChain> {
    const { gatewayOperator, nodeOperator, where } = init;
    const port = await freePort(this.#init.ports?.chain);
    const place = this.#init.places?.chain ?? LOOPBACK;
    const anvil = this.#cleanup.use(
      "chain",
      await startAnvil({ ...this.#options(), port, place, blockTime: 0 }),
    );
    const chain = connectChain(anvil.rpcUrl);
    const deployer = { rpcUrl: anvil.rpcUrl, privateKey: devAccount("deployer").privateKey };
    const contracts = await deployLocal(deployer);
    const capacityRounds = await deployCapacityRounds(deployer, contracts);
    await fundOperators(chain, gatewayOperator, [nodeOperator]);
    const published = {
      apiUrl: where.apiUrl,
      multiaddrs: multiaddrsAt(where.place.address, where),
      ...(where.routing === undefined ? {} : { domain: where.routing.domain }),
    };
    const subnetId = await registerSubnet(chain, { contracts, gatewayOperator, ...published });
    await anvil.mineEvery(this.#init.blockSeconds ?? DEFAULT_BLOCK_SECONDS);
    return { anvil, chain, contracts, capacityRounds, subnetId };
  }

  async #chooseAddresses(): Promise<GatewayAddresses> {
    const wished = this.#init.ports ?? {};
    const place = this.#init.places?.gateway ?? LOOPBACK;
    const apiPort = await freePort(wished.gatewayApi);
    const tcpPort = await freePort(wished.gatewayTcp);
    const webSocketPort = await freePort(wished.gatewayWebSocket);
    const linkPort = wished.gatewayLink ?? 0;
    const firstDoor = await freePortRange(DOORS, wished.firstDoor);
    const ports = `${firstDoor}-${firstDoor + DOORS - 1}`;
    const apiUrl = `http://${place.address}:${apiPort}`;
    const { domain } = this.#init;
    const routing =
      domain === undefined
        ? {}
        : { routing: { domain, httpPort: await freePort(), httpsPort: await freePort() } };
    return { place, apiPort, apiUrl, tcpPort, webSocketPort, linkPort, ports, ...routing };
  }

  #describe(facts: {
    anvil: Anvil;
    contracts: ContractAddresses;
    gatewayUrl: string;
    subnetId: number;
  }): NetworkDescription {
    const { anvil, contracts, gatewayUrl, subnetId } = facts;
    const webUrl = this.#init.webUrl ?? "";
    return {
      chainId: anvil.chainId,
      rpcUrl: anvil.rpcUrl,
      contracts,
      gatewayUrl,
      webUrl,
      subnetId,
      dev: true,
    };
  }
}

async function subfolder(parent: string, name: string): Promise<string> {
  const path = join(parent, `${name}-data`);
  await mkdir(path, { recursive: true });
  return path;
}
