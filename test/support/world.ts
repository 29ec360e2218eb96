import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type LeaseEvent, leaseEventSchema } from "@fizz/protocol/messages";
import type Docker from "dockerode";
import { type Address, type Hex, parseEther, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { type DeploymentJson, deploymentJsonSchema } from "../../scripts/lib/deployment-json.ts";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { ensureHelloImage } from "../../scripts/lib/hello-image.ts";
import {
  type LocalNetwork,
  type LocalNetworkInit,
  startLocalNetwork,
} from "../../scripts/lib/local-network.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { type Cli, createCli } from "../../scripts/lib/run-cli.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { findEngineInTime } from "./find-engine-in-time.ts";
import { freeOf, lockedOf } from "./read-escrow.ts";
import { until } from "./until.ts";

/** A tenant with a wallet, a home and the CLI. */
export interface Tenant {
  readonly address: Address;
  readonly privateKey: Hex;
  readonly cli: Cli;
  /** Writes a manifest into the tenant's home and gives its path. */
  readonly manifest: (text: string) => Promise<string>;
  /** `fizz deployment create`, to the end; throws when it fails. */
  deploy(text: string): Promise<DeploymentJson>;
  get(lid: bigint): Promise<DeploymentJson & Record<string, unknown>>;
  events(lid: bigint): Promise<LeaseEvent[]>;
  close(lid: bigint): Promise<void>;
}

export interface World {
  readonly network: LocalNetwork;
  readonly tenant: Tenant;
  /** Another tenant with a fresh wallet of its own. */
  addTenant(funds?: bigint): Promise<Tenant>;
  accountOf(address: Address): Promise<{ free: bigint; locked: bigint }>;
  /** Wei that a node earned through a subnet and that wait to be collected. */
  earningsOf(nodeId: bigint, subnetId: number): Promise<bigint>;
  leaseOf(lid: bigint): Promise<{
    state: number;
    nodeId: bigint;
    subnetId: number;
    tenant: Address;
    leaseHash: Hex;
    manifestHash: Hex;
    version: number;
    balance: bigint;
    ratePerSecond: bigint;
  }>;
  /** Ids of the running containers of a lease. */
  containersOf(
    leaseHash: Hex,
  ): Promise<{ id: string; startedAt: string; service: string; version: string }[]>;
  stop(): Promise<void>;
}

/** The hello manifest, with text replaced. */
export async function helloManifest(...changes: readonly (readonly [string, string])[]): Promise<string> {
  let text = await readFile(inRoot("examples/hello.yaml"), "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`examples/hello.yaml has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

let shared: Promise<World> | undefined;

/** One network for all end-to-end files of a mocha run: starting one takes longer than most tests. */
export async function sharedWorld(context: Mocha.Context): Promise<World> {
  const engine = await findEngineInTime();
  if (engine === undefined) return context.skip();
  shared ??= createWorld();
  return await shared;
}

/** For the last hook of a run. */
export async function stopSharedWorld(): Promise<void> {
  await (await shared)?.stop();
  shared = undefined;
}

/** Leases wait for blocks more than for anything else. */
export const BLOCK_SECONDS = 1;

type WorldInit = Omit<LocalNetworkInit, "docker"> & Partial<Pick<LocalNetworkInit, "docker">>;

/** A network of its own, for tests that break it, or need a node of the other mode. */
export async function createWorld(init: WorldInit = {}): Promise<World> {
  const engine = init.docker ?? (await findEngineInTime());
  if (engine === undefined) throw new Error("no Docker Engine");
  const cleanup = new Cleanup();
  try {
    await ensureHelloImage(engine.client);
    const pace = { blockSeconds: BLOCK_SECONDS };
    const network = cleanup.use("network", await startLocalNetwork({ ...pace, ...init, docker: engine }));
    const addTenant = tenantMaker(network, cleanup);
    const market = { address: network.description.contracts.leaseMarket, abi: leaseMarketAbi } as const;
    return {
      network,
      tenant: await addTenant(),
      addTenant,
      accountOf: async (address) => {
        const read = { client: network.chain.client, market: market.address };
        return { free: await freeOf(read, address), locked: await lockedOf(read, address) };
      },
      earningsOf: async (nodeId, subnetId) => {
        const args = [nodeId, subnetId, zeroAddress] as const;
        const read = { ...market, functionName: "earningsOf", args } as const;
        const [outstanding] = await network.chain.client.readContract(read);
        return outstanding;
      },
      leaseOf: async (lid) =>
        await network.chain.client.readContract({ ...market, functionName: "leaseOf", args: [lid] }),
      containersOf: async (leaseHash) => {
        const found = await engine.client.listContainers({ filters: { label: [`fizz.lease=${leaseHash}`] } });
        const running = await Promise.all(
          // Not those that hold their networks.
          found.filter(isTenants).map(async ({ Id }) => {
            const info = await inspectFound(engine.client, Id);
            if (info === undefined) return [];
            const { "fizz.service": service = "", "fizz.version": version = "" } = info.Config.Labels;
            return [{ id: Id, startedAt: info.State.StartedAt, service, version }];
          }),
        );
        return running.flat();
      },
      stop: () => cleanup.stop(),
    };
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

function tenantMaker(network: LocalNetwork, cleanup: Cleanup): (funds?: bigint) => Promise<Tenant> {
  return async (funds = parseEther("5")) => {
    const privateKey = generatePrivateKey();
    const { address } = privateKeyToAccount(privateKey);
    const wallet = network.chain.wallet(devAccount("tenant").account);
    await network.chain.receipt(await wallet.sendTransaction({ to: address, value: funds }));
    const home = cleanup.use("tenant's home", await createTempDir("tenant"));
    const cli = await createCli(home.path, network.description, privateKey);
    const manifest = async (text: string): Promise<string> => {
      await mkdir(home.path, { recursive: true });
      const path = join(home.path, `${randomBytes(4).toString("hex")}.yaml`);
      await writeFile(path, text);
      return path;
    };
    const ask = async (args: readonly string[]): Promise<unknown> =>
      await cli.json(["deployment", ...args, "--json"]);
    return {
      address,
      privateKey,
      cli,
      manifest,
      deploy: async (text) =>
        deploymentJsonSchema.parse(await ask(["create", await manifest(text), "--yes"])),
      get: async (lid) => deploymentJsonSchema.loose().parse(await ask(["get", "--lid", String(lid)])),

      events: async (lid) => {
        const { stdout } = await cli.run(["deployment", "events", "--lid", String(lid), "--json"]);
        return stdout
          .split("\n")
          .filter((line) => line.startsWith("{"))
          .map((line) => leaseEventSchema.parse(JSON.parse(line)));
      },
      close: async (lid) => {
        const { status, stderr } = await cli.run(["deployment", "close", "--lid", String(lid), "--yes"]);
        if (status !== 0) throw new Error(`close ended with ${status}: ${stderr}`);
      },
    };
  };
}

/** Waits until a lease has no container any more. */
export async function untilGone(world: World, leaseHash: Hex): Promise<void> {
  await until(async () => (await world.containersOf(leaseHash)).length === 0, "containers are removed");
}

/** @returns Undefined when the container was removed since it was listed */
async function inspectFound(docker: Docker, id: string): Promise<Docker.ContainerInspectInfo | undefined> {
  try {
    return await docker.getContainer(id).inspect();
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && error.statusCode === 404) return undefined;
    throw error;
  }
}

function isTenants({ Labels: labels }: { readonly Labels: Readonly<Record<string, string>> }): boolean {
  return labels["fizz.role"] === undefined;
}
