import { hostname } from "node:os";
import { ProtocolError } from "@fizz/protocol/errors";
import { callEngine } from "./call-engine.ts";
import { connectDocker } from "./docker-client.ts";

/** Time between the signal and the end of what does not heed it, in seconds. */
const GRACE_SECONDS = 30;
const ENGINE_TIMEOUT_MS = 60_000;
const ALREADY_STOPPED = 304;

/**
 * Has the engine stop the container that this process runs in, which signals this process. With `restart: unless-stopped`
 * Docker starts again what ended by itself, however well it did; only what was stopped through the engine stays down.
 *
 * @throws ProtocolError CONFIG_INVALID when the container of that name is another one; ENGINE_FAILED, ENGINE_UNREACHABLE, TIMEOUT
 */
export async function stopOwnContainer(host: string, name: string): Promise<void> {
  const container = connectDocker(host, ENGINE_TIMEOUT_MS).getContainer(name);
  const { Config: config } = await callEngine("Looking at the agent's container", () => container.inspect());
  if (config.Hostname !== hostname())
    throw new ProtocolError(
      "CONFIG_INVALID",
      `FIZZ_NODE_CONTAINER is ${name}, and this agent does not run in that container.`,
    );
  const stop = () => container.stop({ t: GRACE_SECONDS });
  await callEngine("Stopping the agent's container", stop, [ALREADY_STOPPED]);
}
