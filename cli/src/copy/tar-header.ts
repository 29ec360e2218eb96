/** Size of a tar header, and what everything is padded to. */
export const BLOCK = 512;
const NAME_LENGTH = 100;
/** Largest size that eleven octal digits hold. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1;
const CHECKSUM_AT = 148;
const CHECKSUM_LENGTH = 8;
const encoder = new TextEncoder();

export type EntryType = "file" | "folder" | "link";

export interface ArchiveEntry {
  /** `/` between the names; of a folder too, without one at the end. */
  readonly name: string;
  readonly type: EntryType;
  readonly mode: number;
  /** Bytes of a file; 0 of anything else. */
  readonly size: number;
  /** Unix seconds. */
  readonly mtime: number;
  /** What a link leads to. */
  readonly target?: string;
}

const TYPES: Readonly<Record<EntryType, string>> = { file: "0", folder: "5", link: "2" };
const LONG_NAME = "L";
const LONG_TARGET = "K";

/**
 * Header of an entry in the old GNU format, which GNU tar and busybox read: names of any length and in UTF-8. (busybox
 * passes over the headers of POSIX.) Files belong to nobody in particular: whoever unpacks owns them.
 */
export function tarHeader(entry: ArchiveEntry): Uint8Array {
  const name = encoder.encode(entry.type === "folder" ? `${entry.name}/` : entry.name);
  const target = encoder.encode(entry.target ?? "");
  const blocks: Uint8Array[] = [];
  if (target.length > NAME_LENGTH) blocks.push(...longText(LONG_TARGET, target));
  if (name.length > NAME_LENGTH) blocks.push(...longText(LONG_NAME, name));
  blocks.push(block({ ...entry, name, target, flag: TYPES[entry.type] }));
  return concat(blocks);
}

/** What follows an entry of so many bytes. */
export function paddingOf(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The end of an archive: two blocks of zeros. */
export function archiveEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK);
}

function longText(flag: string, text: Uint8Array): Uint8Array[] {
  const name = encoder.encode("././@LongLink");
  const size = text.length + 1;
  const head = block({ name, target: new Uint8Array(0), flag, mode: 0, size, mtime: 0 });
  return [head, text, new Uint8Array(1), paddingOf(size)];
}

interface Fields {
  readonly name: Uint8Array;
  readonly target: Uint8Array;
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
}

function block({ name, target, flag, mode, size, mtime }: Fields): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const put = (text: string, at: number): void => {
    bytes.set(encoder.encode(text), at);
  };
  bytes.set(name.subarray(0, NAME_LENGTH), 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  if (size <= MAX_OCTAL_SIZE) put(octal(size, 11), 124);
  else bytes.set(base256(size), 124);
  put(octal(Math.max(0, Math.min(mtime, MAX_OCTAL_SIZE)), 11), 136);
  put(" ".repeat(CHECKSUM_LENGTH), CHECKSUM_AT);
  put(flag, 156);
  bytes.set(target.subarray(0, NAME_LENGTH), 157);
  put("ustar  ", 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)}\0 `, CHECKSUM_AT);
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** Twelve bytes, the first bit set: how GNU writes sizes from 8 GiB on. */
function base256(value: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setBigUint64(4, BigInt(value));
  bytes[0] = 0x80;
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
