import type Dockerode from "dockerode";
import { type Address } from "viem";

const BUILT_IN_NETWORKS = ["none", "host", "bridge"];

/**
 * Removes the containers, networks and volumes of one node. A node agent leaves them on purpose when it ends; when
 * its whole chain ends with it, nobody else will.
 */
export async function removeNodeContainers(docker: Dockerode, operator: Address): Promise<void> {
  const isOurs = (labels: Readonly<Record<string, string>> | undefined): boolean =>
    labels?.["fizz.node"]?.toLowerCase() === operator.toLowerCase();
  for (const container of await docker.listContainers({ all: true })) {
    if (isOurs(container.Labels))
      await docker.getContainer(container.Id).remove({ force: true, v: true }).catch(skipGone);
  }
  for (const network of await docker.listNetworks()) {
    if (!BUILT_IN_NETWORKS.includes(network.Name) && isOurs(network.Labels)) {
      await docker.getNetwork(network.Id).remove().catch(skipGone);
    }
  }
  for (const volume of (await docker.listVolumes()).Volumes) {
    if (isOurs(volume.Labels)) await docker.getVolume(volume.Name).remove({ force: true }).catch(skipGone);
  }
}

function skipGone(error: unknown): void {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error;
}
