import { type DraftVolume } from "../draft.ts";
import { mountPathFrom } from "../mounts.ts";
import { freeName, volumeNameFrom } from "../names.ts";
import { parseComposeBytes } from "../sizes.ts";
import { type Spot } from "../spot.ts";

/** First service that mounts a volume of the file, by the volume's name. */
export type VolumeOwners = Map<string, string>;

interface Mount {
  readonly spot: Spot;
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

const SHM = "/dev/shm";
const FORM = 'a volume such as "data:/var/lib/data"';

/** Volumes of a service, each with its mount. */
export function readVolumes(service: Spot, owners: VolumeOwners): DraftVolume[] {
  const mounted = listOf(service, "volumes").flatMap((spot) => readVolume(spot, service.name, owners) ?? []);
  for (const spot of listOf(service, "tmpfs")) reportTmpfs(spot);
  const volumes = [...mounted, ...readShm(service.find("shm_size"))];
  const taken = new Map<string, true>([["default", true]]);
  const paths = new Set<string>();
  return volumes.flatMap((volume) => {
    if (paths.has(volume.path)) {
      volume.spot.unreadable("a path of its own for each volume");
      return [];
    }
    const name = freeName(volume.name, taken);
    taken.set(name, true);
    paths.add(volume.path);
    return [{ ...volume, name }];
  });
}

function listOf(service: Spot, name: string): Spot[] {
  return service.find(name)?.each() ?? [];
}

function readVolume(spot: Spot, service: string, owners: VolumeOwners): DraftVolume | undefined {
  const mount = spot.text === undefined ? readLong(spot) : readShort(spot, spot.text);
  const path = mountPathFrom(mount?.target ?? "");
  if (mount === undefined || path === undefined) {
    spot.unreadable(FORM);
    return undefined;
  }
  if (mount.type === "bind") return readBind(mount, path);
  if (mount.type === "tmpfs") {
    reportTmpfs(spot);
    return undefined;
  }
  if (mount.type !== "volume") {
    spot.note("CONVERT_FIELD_DROPPED", {
      done: "left out",
      message: `A node has no volumes of type ${mount.type.slice(0, 40)}.`,
    });
    return undefined;
  }
  reportShared(mount, service, owners);
  return volumeAt(mount, path, volumeNameFrom(mount.source === "" ? path : mount.source));
}

function volumeAt({ spot, readOnly }: Mount, path: string, name: string): DraftVolume {
  return { spot, name, path, readOnly, sizeBytes: null, class: "beta3", note: null };
}

function reportShared({ spot, source }: Mount, service: string, owners: VolumeOwners): void {
  if (source === "") return;
  const owner = owners.get(source);
  owners.set(source, owner ?? service);
  if (owner === undefined || owner === service) return;
  spot.note("CONVERT_VOLUME_SHARED", {
    found: source.slice(0, 80),
    done: "a volume of its own",
    message: `Service "${owner.slice(0, 80)}" mounts this volume too; on a node each replica has volumes of its own.`,
  });
}

/** A folder that is written to becomes an empty volume; files and what is only read must be in the image. */
function readBind(mount: Mount, path: string): DraftVolume | undefined {
  const { spot, source } = mount;
  const found = `${source}:${mount.target}`.slice(0, 80);
  if (/docker\.sock$|^\/(?:proc|sys|dev|run|var\/run)(?:\/|$)/.test(source)) {
    const message =
      "A container never sees the machine under it. A program that steers Docker cannot run here.";
    spot.note("CONVERT_PRIVILEGE", { found, done: "left out", message });
    return undefined;
  }
  const isFile = /\.(?!d$)[A-Za-z0-9]{1,8}$/.test(path) || /[^./\\]\.(?!d$)[A-Za-z0-9]{1,8}$/.test(source);
  if (mount.readOnly || isFile) {
    const message = "Files of your machine are not on a node. Put them into the image.";
    spot.note("CONVERT_BIND_MOUNT", { found, done: "left out", message });
    return undefined;
  }
  const message = "A folder of your machine is not on a node. The program starts with an empty one.";
  spot.note("CONVERT_BIND_MOUNT", { found, done: "an empty volume", message });
  return { ...volumeAt(mount, path, volumeNameFrom(path)), note: "Empty at the start." };
}

function reportTmpfs(spot: Spot): void {
  const message = "A node has no tmpfs; the path lies on the container's own disk.";
  spot.note("CONVERT_SHARED_MEMORY", { done: "left out", message });
}

function readShm(spot: Spot | undefined): DraftVolume[] {
  if (spot === undefined) return [];
  const sizeBytes = parseComposeBytes(spot.text ?? "");
  if (sizeBytes === undefined || sizeBytes === 0n) {
    spot.unreadable("a size such as 256m");
    return [];
  }
  return [{ spot, name: "shm", path: SHM, readOnly: false, sizeBytes, class: "ram", note: null }];
}

/** `[SOURCE:]TARGET[:MODE]`; a drive of Windows has a colon of its own. */
function readShort(spot: Spot, text: string): Mount {
  const drive = /^[A-Za-z]:(?=[\\/][^:]{0,1024}:\/)/.exec(text)?.[0] ?? "";
  const parts = text.slice(drive.length).split(":");
  const [first = "", second, mode = ""] = parts;
  if (second === undefined) return { spot, type: "volume", source: "", target: first, readOnly: false };
  const source = drive + first;
  const isBind = /^(?:[.~/\\]|[A-Za-z]:[\\/])/.test(source);
  return {
    spot,
    type: isBind ? "bind" : "volume",
    source,
    target: second,
    readOnly: mode.split(",").includes("ro"),
  };
}

function readLong(spot: Spot): Mount | undefined {
  const target = spot.find("target")?.text;
  if (target === undefined) return undefined;
  return {
    spot,
    type: spot.find("type")?.text ?? "volume",
    source: spot.find("source")?.text ?? "",
    target,
    readOnly: spot.find("read_only")?.text === "true",
  };
}
