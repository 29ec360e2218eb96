import { type Hex } from "viem";
import { Cleanup, type Stoppable } from "../../../scripts/lib/cleanup.ts";
import { findDockerd, startDockerd } from "../../../scripts/lib/docker/start-dockerd.ts";
import { ensureHelloImage } from "../../../scripts/lib/hello-image.ts";
import { type LocalNetwork, startLocalNetwork } from "../../../scripts/lib/local-network.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { type Cli, createCli } from "../../../scripts/lib/run-cli.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { createNetnsLab, type NetnsLab } from "./netns-lab.ts";

const LINK_DELAY_MS = 40;
/** On a host of its own any number is free. */
const LINK_PORT = 17_500;

/** A network whose chain, gateway, tenant and node stand on hosts of their own. */
export interface NatNetwork extends Stoppable {
  readonly lab: NetnsLab;
  readonly network: LocalNetwork;
  /** The CLI on the tenant's host. */
  tenantCli(privateKey: Hex): Promise<Cli>;
}

/** Why such a network cannot be made here, or undefined when it can. */
export function whyNoNatNetwork(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "network namespaces need root on Linux";
  return findDockerd() === undefined ? "there is no dockerd to start on the node's host" : undefined;
}

/**
 * Starts a network in namespaces: the node behind NAT with no inbound port, an engine of its own, and 40 ms of delay
 * in each direction on its link to the gateway.
 */
export async function startNatNetwork(): Promise<NatNetwork> {
  const cleanup = new Cleanup();
  try {
    const lab = cleanup.use("lab", await createNetnsLab());
    const dataDir = inRoot(".fizz/docker-lab");
    const docker = cleanup.use(
      "node's engine",
      await startDockerd(findDockerd() ?? "", { dataDir, place: lab.node }),
    );
    await ensureHelloImage(docker.client);
    const network = await startLocalNetwork({
      docker,
      places: lab,
      blockSeconds: 1,
      ports: { gatewayLink: LINK_PORT },
      onGatewayReady: ({ tcpPort, linkPort }) => lab.delayNodeLinks([tcpPort, linkPort], LINK_DELAY_MS),
    });
    cleanup.use("network", network);
    return {
      lab,
      network,
      tenantCli: async (privateKey) => {
        const home = cleanup.use("tenant's home", await createTempDir("tenant"));
        return await createCli(home.path, network.description, { privateKey, place: lab.tenant });
      },
      stop: () => cleanup.stop(),
    };
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}
