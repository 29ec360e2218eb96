import { type EngineChoice } from "../app-engine.ts";
import { type Config } from "../config.ts";
import { SANDBOX_IMAGE } from "../containers/sandbox-image.ts";
import { type SandboxInit } from "../containers/sandboxes.ts";

const KBIT_PER_MBIT = 1_000;

/** How the owner wants containers confined; undefined where it does without sandboxes. */
export function sandboxInitOf(config: Config): SandboxInit | undefined {
  if (config.FIZZ_NODE_SANDBOX === "off") return undefined;
  return {
    image: config.FIZZ_NODE_SANDBOX_IMAGE ?? SANDBOX_IMAGE,
    egressKbit: config.FIZZ_NODE_EGRESS_MBPS * KBIT_PER_MBIT,
    blocked: config.FIZZ_NODE_BLOCKED_RANGES,
    allowed: config.FIZZ_NODE_ALLOWED_RANGES,
  };
}

/** Which engine the owner wants. */
export function engineChoiceOf(config: Config): EngineChoice {
  const {
    FIZZ_NODE_ENGINE: kind,
    FIZZ_NODE_SWARM_ENGINES: engines,
    FIZZ_NODE_SWARM_ENCRYPT: isEncrypted,
  } = config;
  return {
    dockerHost: config.DOCKER_HOST,
    sandbox: sandboxInitOf(config),
    swarm: kind === "swarm" ? { engines, isEncrypted } : undefined,
  };
}
