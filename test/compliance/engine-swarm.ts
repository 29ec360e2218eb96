import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { type MachineEngines } from "../../node-agent/src/containers/swarm/swarm-client.ts";
import { SwarmEngine } from "../../node-agent/src/containers/swarm/swarm-engine.ts";
import { type ObservedContainer } from "../../node-agent/src/domain/observed.ts";
import { type ContainerSpec } from "../../node-agent/src/domain/workload.ts";
import { containerSpec, hashOf } from "../node-agent/support/builders.ts";
import { type SwarmLab, type SwarmMachine } from "../support/netns/swarm-lab.ts";
import { breakageOf } from "./engine-docker.ts";
import { type Breakage, type EngineAbility } from "./engine-confinement.ts";

/** A service has no container to join; its network is confined by the machine's rules. As docs/SWARM.md says. */
export const SWARM_LACKS: readonly EngineAbility[] = ["sandbox", "resize"];

export function newNode(): string {
  return `test-${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** An adapter whose services nobody else has, unless it is told. @param reached Engines of other machines, by their addresses. */
export function swarmNode(
  { machines }: SwarmLab,
  { node = newNode(), reached = {} }: { node?: string; reached?: MachineEngines } = {},
): SwarmEngine {
  const [manager] = machines;
  const labels = { "fizz.test": String(process.pid) };
  return new SwarmEngine({ host: manager?.engine.host ?? "", node, labels, engines: reached });
}

/** As on one machine, for the container of a service's newest task. */
export function swarmBreakage(docker: Dockerode): Breakage {
  const known = breakageOf(docker);
  return {
    ...known,
    fillDisk: async (id, bytes) => {
      const filters = { label: [`com.docker.swarm.service.id=${id}`] };
      const [container] = await docker.listContainers({ filters });
      await known.fillDisk(container?.Id ?? "", bytes);
    },
  };
}

/** For each call: an engine makes a network of the swarm slowly on a busy machine. */
const WAIT_MS = 90_000;
const signal = (): AbortSignal => AbortSignal.timeout(WAIT_MS);
const IDLE = ["/bin/sh", "-c", 'trap "exit 0" TERM; sleep 1000 & wait'];

/** Makes a container, and starts it; it sleeps unless it is told otherwise. */
export async function startContainer(
  engine: SwarmEngine,
  changes: Partial<ContainerSpec>,
): Promise<ObservedContainer> {
  const digest = randomBytes(32).toString("hex");
  const find = async (): Promise<ObservedContainer> => {
    const found = (await engine.observe(signal())).find((container) => container.digest === digest);
    if (found === undefined) throw new Error("the container is not there");
    return found;
  };
  await engine.create(containerSpec({ command: IDLE, ...changes }), digest, signal());
  await engine.start((await find()).id, signal());
  return await find();
}

/** Placements that are undone and tried anew: the swarm may still count what has just been removed. */
const MAX_PLACEMENTS = 5;

/** As `startContainer`, of one with persistent volumes: it goes to the machine with the fewest tasks, which is made this one. */
export async function startContainerOn(
  engine: SwarmEngine,
  { address }: SwarmMachine,
  changes: Partial<ContainerSpec> & Pick<ContainerSpec, "leaseHash">,
): Promise<ObservedContainer> {
  for (let tries = 1; ; tries += 1) {
    const container = await withFewestTasksOn(engine, address, () => startContainer(engine, changes));
    if (container.address === address) return container;
    if (tries === MAX_PLACEMENTS) throw new Error(`it is on ${container.address ?? "no machine"}`);
    await engine.remove(container.id, signal());
    await engine.removeLease(changes.leaseHash, signal());
  }
}

async function withFewestTasksOn<T>(
  engine: SwarmEngine,
  address: string,
  place: () => Promise<T>,
): Promise<T> {
  const leaseHash = hashOf(randomBytes(8).toString("hex"));
  const fillers: ObservedContainer[] = [];
  for (let replica = 0; !fillers.some((filler) => filler.address !== address); replica += 1)
    fillers.push(await startContainer(engine, { leaseHash, replica }));
  for (const filler of fillers) if (filler.address === address) await engine.remove(filler.id, signal());
  const placed = await place();
  for (const { id } of fillers) await engine.remove(id, signal());
  await engine.removeLease(leaseHash, signal());
  return placed;
}
