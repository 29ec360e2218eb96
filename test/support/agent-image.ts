import { requireCommand } from "../../scripts/lib/run-command.ts";

/** What the file of Compose calls the agent's image. */
export const AGENT_IMAGE = "fizz/node-agent:1";

/** Builds the agent's Dockerfile by Docker's own command, which reads .dockerignore as people's does. */
export async function buildAgentImage(host: string): Promise<void> {
  const build = ["docker", "build", "--network", "host", "-f", "node-agent/Dockerfile", "-t", AGENT_IMAGE];
  await requireCommand("AGENT_IMAGE", [...build, "."], { env: { ...process.env, DOCKER_HOST: host } });
}
