import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { placeOfProcess } from "../domain/process-place.ts";

/** A program that ends by the end of its input has so long to do it, in milliseconds. */
const GRACE_MS = 2_000;

/** Sends SIGHUP to the group of process $1, if that is still the one that started at $2. Builtins of the shell alone. */
const SCRIPT =
  'read -r line < "/proc/$1/stat" || exit 0; id=$1; from=$2; set -- ${line##*) }; [ "${20}" = "$from" ] && kill -HUP "-$id"';

/**
 * Tells a program that nobody is there any more, as a terminal does that is lost: it and its group get SIGHUP, from
 * within the container. Where this process cannot see the program's process (an engine elsewhere, an agent that is
 * itself in a container), or the image has no shell, nothing is done. Never throws.
 */
export async function hangUp(container: Docker.Container, exec: Docker.Exec): Promise<void> {
  try {
    await delay(GRACE_MS, undefined, { ref: false });
    const { Running: isRunning, Pid: pid } = await exec.inspect();
    if (!isRunning || pid <= 0) return;
    const read = async (name: string): Promise<string> => await readFile(`/proc/${pid}/${name}`, "utf8");
    const [status, cgroup, stat] = [await read("status"), await read("cgroup"), await read("stat")];
    const { Id: containerId } = await container.inspect();
    const place = placeOfProcess({ status, cgroup, stat, containerId });
    if (place === undefined) return;
    const words = [`${place.pid}`, place.startedAt];
    const caller = await container.exec({ Cmd: ["/bin/sh", "-c", SCRIPT, "sh", ...words] });
    await caller.start({ Detach: true });
  } catch {
    // Its container may be gone by now, and with it the program.
  }
}
