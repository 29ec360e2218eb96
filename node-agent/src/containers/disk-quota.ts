import { randomBytes } from "node:crypto";
import { ProtocolError } from "@fizz/protocol/errors";
import { callEngine } from "./call-engine.ts";
import { connectDocker } from "./docker-client.ts";

const NOT_FOUND = 404;
/** Of the container that is made to try it, and never started. */
const TRIED_SIZE = "16m";

/**
 * Whether the engine limits what a container writes: overlay2 on xfs with project quotas (`pquota`) does. Asked by making a
 * container with a limit, since no engine tells it otherwise.
 *
 * @param image One that the engine has.
 * @throws ProtocolError ENGINE_UNREACHABLE, TIMEOUT
 */
export async function canLimitDisk(host: string, image: string, signal: AbortSignal): Promise<boolean> {
  const docker = connectDocker(host);
  const name = `fizz-disk-${randomBytes(4).toString("hex")}`;
  const options = {
    name,
    Image: image,
    HostConfig: { StorageOpt: { size: TRIED_SIZE } },
    abortSignal: signal,
  };
  try {
    await callEngine("Trying a limit of the disk", () => docker.createContainer(options));
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "ENGINE_FAILED") return false;
    throw error;
  }
  const made = docker.getContainer(name);
  await callEngine("Removing what was tried", () => made.remove({ force: true, v: true }), [NOT_FOUND]);
  return true;
}
