import { type Mode } from "../../manifest/types.ts";
import { type DraftVolume } from "../draft.ts";

const SHM = "/dev/shm";

/** Volumes that a mode has. Shared memory is the size of /dev/shm, and there is one of it. */
export function fitVolumes(volumes: readonly DraftVolume[], mode: Mode): DraftVolume[] {
  const shared = volumes.find((volume) => volume.class === "ram" && volume.path === SHM);
  return volumes.flatMap((volume) => {
    if (volume.class === "ram") return fitShared(volume, mode, volume === shared);
    if (mode === "provider" || volume.class === "ephemeral") return [volume];
    volume.spot.note("CONVERT_VOLUME_EPHEMERAL", {
      found: volume.path,
      done: "a volume that ends with its container",
      message: `Fizz mode has no persistent volumes: what volume "${volume.name}" holds is lost when its container is replaced.`,
    });
    return [{ ...volume, class: "ephemeral" as const, note: "Lost when the container is replaced." }];
  });
}

function fitShared(volume: DraftVolume, mode: Mode, isShm: boolean): DraftVolume[] {
  if (mode === "provider" && isShm) return [volume];
  volume.spot.note("CONVERT_SHARED_MEMORY", {
    done: "left out",
    message:
      mode === "fizz"
        ? "Fizz mode has no shared memory beyond the engine's own 64Mi at /dev/shm."
        : "Memory can be mounted at /dev/shm only; this path lies on the container's own disk.",
  });
  return [];
}
