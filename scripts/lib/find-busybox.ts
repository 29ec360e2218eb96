import { createWriteStream, existsSync } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type Dockerode from "dockerode";
import { runCommand } from "./run-command.ts";
import { ScriptError } from "./script-error.ts";

const INSTALLED = ["/bin/busybox", "/usr/bin/busybox"];
const APT = "/usr/bin/apt-get";
const REGISTRY_IMAGE = "docker.io/library/busybox:1.37.0-musl";
const ELF_HEADER_BYTES = 64;
const PT_INTERP = 3;

/**
 * A statically linked busybox: the system's, or the one in Debian's package, or the one in the public image.
 * `scratch` is a folder of the caller's for what has to be unpacked.
 */
export async function findBusybox(docker: Dockerode, scratch: string): Promise<string> {
  for (const path of INSTALLED) if (await isStaticProgram(path)) return path;
  const found = (await fromPackage(scratch)) ?? (await fromRegistry(docker, scratch));
  if (found !== undefined) return found;
  const message =
    "The hello image needs a static busybox, and neither Debian's package archive nor an image registry can be " +
    "reached. Install it (sudo apt-get install busybox-static) and run this command again.";
  throw new ScriptError("BUSYBOX_NOT_FOUND", message);
}

/** Whether a file is a 64-bit little-endian ELF program that asks for no dynamic loader. */
async function isStaticProgram(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const file = await open(path);
  try {
    const header = Buffer.alloc(ELF_HEADER_BYTES);
    await file.read(header, 0, header.length, 0);
    if (header.toString("latin1", 0, 6) !== "\u007fELF\u0002\u0001") return false;
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
    const segments = Buffer.alloc(size * count);
    await file.read(segments, 0, segments.length, Number(header.readBigUInt64LE(32)));
    for (let index = 0; index < count; index += 1) {
      if (segments.readUInt32LE(index * size) === PT_INTERP) return false;
    }
    return true;
  } finally {
    await file.close();
  }
}

async function fromPackage(scratch: string): Promise<string | undefined> {
  if (!existsSync(APT)) return undefined;
  const folder = join(scratch, "package");
  await mkdir(folder);
  let download = await runCommand([APT, "download", "busybox-static"], { cwd: folder });
  if (download.status !== 0 && process.getuid?.() === 0) {
    await runCommand([APT, "update"]);
    download = await runCommand([APT, "download", "busybox-static"], { cwd: folder });
  }
  const file = (await readdir(folder)).find((name) => name.endsWith(".deb"));
  if (download.status !== 0 || file === undefined) return undefined;
  const unpack = await runCommand(["dpkg-deb", "-x", file, "."], { cwd: folder });
  const paths = ["bin/busybox", "usr/bin/busybox"].map((path) => join(folder, path));
  return unpack.status === 0 ? paths.find((path) => existsSync(path)) : undefined;
}

async function fromRegistry(docker: Dockerode, scratch: string): Promise<string | undefined> {
  try {
    const progress = await docker.pull(REGISTRY_IMAGE);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } catch {
    return undefined;
  }
  const container = await docker.createContainer({ Image: REGISTRY_IMAGE });
  try {
    const archive = join(scratch, "busybox.tar");
    await pipeline(await container.getArchive({ path: "/bin/busybox" }), createWriteStream(archive));
    const unpack = await runCommand(["tar", "-xf", archive, "-C", scratch], { cwd: scratch });
    return unpack.status === 0 ? join(scratch, "busybox") : undefined;
  } finally {
    await container.remove({ force: true });
  }
}
