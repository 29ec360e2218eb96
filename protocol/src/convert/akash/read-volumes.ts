import { type DraftVolume } from "../draft.ts";
import { mountPathFrom } from "../mounts.ts";
import { freeName, volumeNameFrom } from "../names.ts";
import { type Spot } from "../spot.ts";
import { type ProfileVolume } from "./read-profile.ts";

/** Volumes of a profile that a service mounts. */
export function readVolumes(service: Spot, volumes: readonly ProfileVolume[]): DraftVolume[] {
  const mounts = service.find("params")?.find("storage");
  const taken = new Map<string, true>([["default", true]]);
  const paths = new Set<string>();
  return volumes.flatMap((volume) => {
    const mount = mounts?.find(volume.name);
    const path = mountPathFrom(mount?.find("mount")?.text ?? "");
    if (mount === undefined || path === undefined || paths.has(path)) {
      reportUnmounted(volume);
      return [];
    }
    const name = freeName(volume.name === "default" ? "data" : volumeNameFrom(volume.name), taken);
    taken.set(name, true);
    paths.add(path);
    const readOnly = mount.find("readOnly")?.text === "true";
    return [
      {
        spot: volume.spot,
        name,
        path,
        readOnly,
        sizeBytes: volume.sizeBytes,
        class: volume.class,
        note: null,
      },
    ];
  });
}

function reportUnmounted({ spot, name }: ProfileVolume): void {
  spot.note("CONVERT_VOLUME_UNMOUNTED", {
    found: name.slice(0, 80),
    done: "left out",
    message: "No service mounts this volume at a path of its own.",
  });
}
