import { randomBytes } from "node:crypto";
import { constants, type PathLike, rmSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Measurement } from "../domain/measurement.ts";

/** File that is written; it is removed in any case. */
export const TRIAL_FILE = "benchmark.tmp";
/** Most that is written, and the least with which it makes sense, in MiB. */
export const MAX_TRIAL_MIB = 256;
const MIN_TRIAL_MIB = 16;
/** At most this part of what is free is written. */
const FREE_PART = 1 / 20;
/** Written and flushed at a time, in MiB. */
const STEP_MIB = 8;
const MIB = 1_024 ** 2;
/** Longest time for writes, and for reads, to the end of the step that is begun. Milliseconds. */
const WRITE_MS = 2_500;
const READ_MS = 1_500;
const MAX_READS = 4_000;
const READ_BYTES = 4_096;
/** Reads go through the file in strides of this prime: scattered, and the same on each machine. */
const STRIDE = 7_919;
const MS_PER_SECOND = 1_000;

type DiskSpeed = NonNullable<Measurement["disk"]["speed"]>;

/**
 * Writes a file in sequence and reads it at random places, past the kernel's cache where the file system lets it.
 *
 * @param freeMiB Of the file system.
 * @returns Null where too little is free.
 * @throws ProtocolError CAPACITY_UNMEASURED
 */
export async function measureDisk(
  folder: string,
  freeMiB: number,
  signal: AbortSignal,
): Promise<DiskSpeed | null> {
  const mebibytes = Math.min(MAX_TRIAL_MIB, Math.floor(freeMiB * FREE_PART));
  if (mebibytes < MIN_TRIAL_MIB) return null;
  const path = join(folder, TRIAL_FILE);
  // A signal that ends the process leaves no file either.
  const onExit = (): void => {
    rmSync(path, { force: true });
  };
  process.once("exit", onExit);
  try {
    await rm(path, { force: true });
    const written = await write(path, mebibytes, signal);
    return { ...written, ...(await read(path, written.writtenMiB * MIB, signal)) };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProtocolError("CAPACITY_UNMEASURED", `The disk of ${folder} cannot be measured: ${why}.`, {
      cause,
    });
  } finally {
    process.off("exit", onExit);
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function write(
  path: PathLike,
  mebibytes: number,
  signal: AbortSignal,
): Promise<Pick<DiskSpeed, "writtenMiB" | "writeMiBPerSecond">> {
  const step = randomBytes(STEP_MIB * MIB);
  const file = await open(path, "wx", 0o600);
  try {
    const from = performance.now();
    let writtenMiB = 0;
    while (writtenMiB + STEP_MIB <= mebibytes && performance.now() - from < WRITE_MS) {
      signal.throwIfAborted();
      await file.writeFile(step);
      await file.sync();
      writtenMiB += STEP_MIB;
    }
    return { writtenMiB, writeMiBPerSecond: perSecond(writtenMiB, from) };
  } finally {
    await file.close();
  }
}

async function read(
  path: PathLike,
  bytes: number,
  signal: AbortSignal,
): Promise<Pick<DiskSpeed, "readsPerSecond" | "isCached">> {
  // What is read past the cache has to lie at a whole page of memory, as that of WebAssembly does.
  const page = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 0, READ_BYTES);
  const { file, isCached } = await openPastCache(path, page);
  try {
    const places = Math.floor(bytes / READ_BYTES);
    const from = performance.now();
    let reads = 0;
    while (reads < MAX_READS && performance.now() - from < READ_MS) {
      signal.throwIfAborted();
      reads += 1;
      await file.read(page, 0, READ_BYTES, ((reads * STRIDE) % places) * READ_BYTES);
    }
    return { readsPerSecond: perSecond(reads, from), isCached };
  } finally {
    await file.close();
  }
}

/** File systems in memory, and some over a network, refuse to open so, or to read. */
async function openPastCache(
  path: PathLike,
  page: Uint8Array,
): Promise<{ readonly file: FileHandle; readonly isCached: boolean }> {
  // Linux alone has it.
  const direct = (constants as { readonly O_DIRECT?: number }).O_DIRECT ?? 0;
  const file =
    direct === 0 ? undefined : await open(path, constants.O_RDONLY | direct).catch(() => undefined);
  const isRead = await file?.read(page, 0, READ_BYTES, 0).then(
    () => true,
    () => false,
  );
  if (file !== undefined && isRead === true) return { file, isCached: false };
  await file?.close();
  return { file: await open(path, constants.O_RDONLY), isCached: true };
}

function perSecond(count: number, from: number): number {
  return Math.round((count * MS_PER_SECOND) / Math.max(1, performance.now() - from));
}
