import type Docker from "dockerode";
import { statusOf } from "./engine-error.ts";

const NOT_FOUND = 404;

/** Removes the volumes that carry all of the labels. */
export async function removeVolumes(
  docker: Docker,
  labels: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? {} : { abortSignal: signal };
  const { Volumes: volumes } = await docker.listVolumes({ filters: { label: [...labels] }, ...options });
  for (const { Name: name } of volumes) {
    try {
      await docker.getVolume(name).remove(options);
    } catch (error) {
      if (statusOf(error) !== NOT_FOUND) throw error;
    }
  }
}
