import { existsSync, readFileSync } from "node:fs";
import { type Config } from "../config.ts";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { isPreparedDaemonJson } from "../domain/host-preparation.ts";
import { type Verdict } from "./verdict.ts";

const ENGINE_TIMEOUT_MS = 10_000;
const DAEMON_JSON = "/etc/docker/daemon.json";

/**
 * Looks at a swarm's machines, and at this one's configuration. The others' files, and the firewall, cannot be seen from here.
 *
 * @param daemonJson The engine's configuration on this machine.
 * @throws ProtocolError as Engine; REQUIREMENT_MISSING when the engine manages no swarm
 */
export async function checkSwarm(config: Config, daemonJson = DAEMON_JSON): Promise<Verdict[]> {
  const signal = AbortSignal.timeout(ENGINE_TIMEOUT_MS);
  const client = new SwarmClient(config.DOCKER_HOST, "doctor", config.FIZZ_NODE_SWARM_ENGINES);
  const verdicts: Verdict[] = [];
  for (const node of await client.nodes(signal)) {
    const isReached = (await client.engineOf(node, signal)) !== undefined;
    const text = `Machine ${node.hostname} (${node.address}), Docker Engine ${node.engineVersion}`;
    if (!node.isReady) verdicts.push(["warn", `swarm.machine_down: ${text}`]);
    else if (isReached) verdicts.push(["ok", text]);
    else
      verdicts.push([
        "warn",
        `swarm.engine_unreached: ${text}: no shells, stats or persistent volumes there`,
      ]);
  }
  const text = existsSync(daemonJson) ? readFileSync(daemonJson, "utf8") : undefined;
  verdicts.push(
    isPreparedDaemonJson(text)
      ? ["ok", "The engine's configuration is that of prepare-host"]
      : [
          "fail",
          `swarm.unprepared: ${daemonJson} is not as prepare-host makes it. Run: npm run node -- prepare-host`,
        ],
  );
  verdicts.push([
    "warn",
    "swarm.firewall_unseen: load prepare-host's firewall on every machine; it is not seen from here",
  ]);
  return verdicts;
}
