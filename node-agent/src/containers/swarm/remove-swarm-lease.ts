import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { type Hex } from "viem";
import { callEngine } from "../call-engine.ts";
import { engineMessage } from "../engine-error.ts";
import { networkNameOf } from "../labels.ts";
import { leaseLabels, type SwarmContainers } from "./swarm-containers.ts";
import { type SwarmClient } from "./swarm-client.ts";
import { type VolumePins } from "./volume-pins.ts";

const NOT_FOUND = 404;
const POLL_MS = 200;
/** Time for a lease's network and volumes to be free of tasks that have just ended, in milliseconds. */
const BUSY_MS = 15_000;
/** What the engine says of a network or a volume whose last tasks are on their way out, or are gone for a part of it. */
const BUSY = /in use|active endpoints|not found/;

interface Parts {
  readonly client: SwarmClient;
  readonly containers: SwarmContainers;
  readonly pins: VolumePins;
}

/**
 * Removes what a lease without services has. A machine that does not answer keeps what it has, and the swarm keeps the
 * record of it; machines that have left the swarm are not waited for.
 */
export async function removeSwarmLease(
  { client, containers, pins }: Parts,
  { node, leaseHash }: { readonly node: string; readonly leaseHash: Hex },
  signal: AbortSignal,
): Promise<void> {
  const machines = await client.nodes(signal);
  let cleared: ReadonlySet<Docker> = new Set();
  await whileBusy(signal, async () => {
    const network = client.docker.getNetwork(networkNameOf(leaseHash));
    await callEngine("Removing a network", () => network.remove({ abortSignal: signal }), [NOT_FOUND]);
    cleared = await containers.removeRest(leaseLabels(node, leaseHash), signal);
  });
  const engines = new Map<string, Docker | undefined>();
  for (const machine of machines) engines.set(machine.id, await client.engineOf(machine, signal));
  const isCleared = (machine: string): boolean => {
    const engine = engines.get(machine);
    return engine === undefined ? !engines.has(machine) : cleared.has(engine);
  };
  await pins.removeLease(leaseHash, isCleared, signal);
}

/** Tries again while the last tasks of a lease are on their way out. */
async function whileBusy(signal: AbortSignal, task: () => Promise<void>): Promise<void> {
  const until = performance.now() + BUSY_MS;
  for (;;)
    try {
      await task();
      return;
    } catch (error) {
      if (performance.now() > until || !BUSY.test(engineMessage(error))) throw error;
      await delay(POLL_MS, undefined, { signal });
    }
}
