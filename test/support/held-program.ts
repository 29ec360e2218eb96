import { once } from "node:events";
import type Dockerode from "dockerode";
import { readable } from "../../node-agent/src/containers/readable.ts";

const SIGN = "/begin";

/**
 * Command of a program that waits to be let go. An engine that is still busy with the start of a container hears of its end
 * and, now and then, never of what memory had to do with it.
 *
 * @param program Of a shell; it becomes the container's first process.
 */
export function heldProgram(program: string): [string, ...string[]] {
  return ["/bin/sh", "-c", `until [ -e ${SIGN} ]; do sleep 0.1; done; exec ${program}`];
}

/** Lets it go, once the container's start is over. */
export async function letGo(docker: Dockerode, id: string): Promise<void> {
  const exec = await docker
    .getContainer(id)
    .exec({ Cmd: ["/bin/busybox", "touch", SIGN], AttachStdout: true });
  const stream = readable(await exec.start({})).resume();
  await once(stream, "end");
}
