import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { requireCommand } from "../../../scripts/lib/run-command.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { type Random } from "../fuzz/random.ts";
import { startEngineLab } from "../netns/engine-lab.ts";
import { createWorld, type World } from "../world.ts";
import { type Fault } from "./fault-plan.ts";

/** The node's data lie on a file system of this size, in mebibytes: a test can fill it. */
const DATA_MIB = 16;
const MAX_REORG = 2;
const MAX_PAUSE_MS = 1_500;

/** A network whose every part can be broken, and nobody else's. */
export interface FaultWorld extends Stoppable {
  readonly world: World;
  /** Lets one fault come and go. @returns How it was, for people. */
  inject(fault: Fault, random: Random): Promise<string>;
}

/** anvil's own call; viem types only the standard ones. */
type Rpc = (call: { method: string; params: unknown[] }) => Promise<unknown>;

/** Needs what `whyNoNatNetwork` looks for. */
export async function startFaultWorld(): Promise<FaultWorld> {
  return await withCleanupOnFailure(async (cleanup) => {
    const lab = cleanup.use("engine's lab", await startEngineLab());
    const { path: nodeDataDir } = cleanup.use("node's data", await createTempDir("node-data"));
    const mount = ["mount", "-t", "tmpfs", "-o", `size=${DATA_MIB}m,mode=700`, "fizz-data", nodeDataDir];
    await requireCommand("MOUNT_FAILED", mount);
    cleanup.defer("node's file system", () =>
      requireCommand("MOUNT_FAILED", ["umount", "--lazy", nodeDataDir]),
    );
    // The pace of the figures in docs/ARCHITECTURE.md.
    const pace = { blockSeconds: 2 };
    const world = await createWorld({ docker: lab.engine, places: lab.places, nodeDataDir, ...pace });
    cleanup.use("world", world);
    const { network } = world;
    const injectors: Record<Fault, (random: Random) => Promise<string>> = {
      "agent killed": async () => {
        process.kill(network.node().pid, "SIGKILL");
        await network.restartNode();
        return "";
      },
      "engine restarted": async (random) => {
        const how = { isKilled: random.chance(0.5), liveRestore: random.chance(0.5) };
        await lab.engine.restart(how);
        return JSON.stringify(how);
      },
      "gateway lost": async (random) => {
        process.kill(network.gateway().pid, "SIGKILL");
        await delay(random.below(MAX_PAUSE_MS));
        await network.restartGateway();
        return "";
      },
      "chain unreachable": async (random) => {
        const ms = 1_000 + random.below(4 * MAX_PAUSE_MS);
        process.kill(network.anvil.pid, "SIGSTOP");
        await delay(ms);
        process.kill(network.anvil.pid, "SIGCONT");
        return `${ms} ms`;
      },
      reorg: async (random) => {
        const depth = 1 + random.below(MAX_REORG);
        const { client } = network.chain;
        await (client.request as unknown as Rpc)({ method: "anvil_reorg", params: [depth, []] });
        return `${depth} blocks`;
      },
      "disk full": async (random) => {
        const [first] = await network.docker.listContainers({
          filters: { label: [`fizz.node=${network.nodeOperator}`, "fizz.service"] },
        });
        const filler = join(nodeDataDir, "filler");
        const bytes = await fill(filler);
        // Gives the agent something to write.
        if (first !== undefined && random.chance(0.5)) await network.docker.getContainer(first.Id).kill();
        await delay(1_000 + random.below(MAX_PAUSE_MS));
        await rm(filler);
        return `${bytes} bytes`;
      },
    };
    return { world, inject: (fault, random) => injectors[fault](random), stop: () => cleanup.stop() };
  });
}

/** Takes all that is left. @returns Bytes taken. */
async function fill(path: string): Promise<number> {
  const file = await open(path, "w");
  let bytes = 0;
  try {
    for (let size = 1 << 16; size >= 1;)
      try {
        bytes += (await file.write(Buffer.alloc(size))).bytesWritten;
      } catch {
        size >>= 4;
      }
  } finally {
    await file.close();
  }
  return bytes;
}
