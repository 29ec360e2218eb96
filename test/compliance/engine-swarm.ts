import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { type MachineEngines } from "../../node-agent/src/containers/swarm/swarm-client.ts";
import { SwarmEngine } from "../../node-agent/src/containers/swarm/swarm-engine.ts";
import { type SwarmLab } from "../support/netns/swarm-lab.ts";
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
