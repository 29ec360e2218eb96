import { type Config, loadConfig } from "../../../node-agent/src/config.ts";
import { CONTRACTS } from "./loopback-gateway.ts";
import { RecordingEngine } from "./recording-engine.ts";
import { type RecordedNode, swarmInfo, swarmNodes } from "./swarm-nodes.ts";

/** A manager that is recorded, fresh for each test of the suite that asks for it. */
export interface RecordedSwarm {
  readonly manager: RecordingEngine;
  /** From now on the swarm has these machines, and nothing else. The first one manages it. */
  has(...nodes: readonly RecordedNode[]): void;
}

/** For the beginning of a `describe`. */
export function useRecordedSwarm(): RecordedSwarm {
  let manager: RecordingEngine | undefined;
  const required = (): RecordingEngine => {
    if (manager === undefined) throw new Error("no test runs");
    return manager;
  };
  beforeEach(async () => {
    manager = await RecordingEngine.start();
    manager.info = swarmInfo("one");
  });
  afterEach(async () => {
    await manager?.stop();
    manager = undefined;
  });
  return {
    get manager() {
      return required();
    },
    has: (...nodes) => {
      required().swarm = { nodes: swarmNodes(nodes) };
    },
  };
}

/** Of a provider's agent beside a manager. @param settings More of them, or others. */
export function swarmConfig(host: string, settings: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({
    FIZZ_RPC_URL: "http://127.0.0.1:1",
    FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
    FIZZ_NODE_MODE: "provider",
    FIZZ_NODE_ENGINE: "swarm",
    DOCKER_HOST: host,
    ...settings,
  });
}
