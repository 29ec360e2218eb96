import { createWriteStream } from "node:fs";
import { link, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { MAX_COPY_BYTES } from "@fizz/protocol/messages";
import { extract, type Extract, type Headers } from "tar-stream";
import { fileMode, folderMode, MAX_ENTRIES, partsOf, refuse, staysInside } from "./archive-rules.ts";

/** Headers that come without a file between them may hold so many bytes: a longer one is no name, but an attack. */
const MAX_HEADER_BYTES = 1024 * 1024;

export interface UnpackInit {
  /** Name of what was asked for; empty for the whole file system. */
  readonly root: string;
  /** Where it is unpacked; nothing is there yet, in a folder of ours that nobody else knows. */
  readonly into: string;
  readonly maxBytes?: number;
  readonly maxEntries?: number;
}

export interface Unpacked {
  readonly isFolder: boolean;
  readonly files: number;
  /** Devices, sockets, and links that lead out of the folder. */
  readonly leftOut: number;
}

/**
 * Unpacks what a node sends, which may be hostile: every name is below the root, files are made anew and never written
 * through a link, links are made last and stay inside, nothing but files, folders and links is made, and all is bounded.
 *
 * @throws ProtocolError ARCHIVE_REFUSED; what the chunks and the file system throw
 */
export async function unpackArchive(chunks: AsyncIterable<Uint8Array>, init: UnpackInit): Promise<Unpacked> {
  const tar = extract();
  const unpacking = new Unpacking(init);
  const ended = new Promise<void>((resolve, reject) => {
    tar.on("finish", resolve).on("error", reject);
  });
  // Awaited below; a failure before that must not end the process.
  ended.catch(() => undefined);
  let taking = Promise.resolve();
  tar.on("entry", (headers, stream, next) => {
    taking = unpacking.take(headers, stream).then(next, (error: unknown) => {
      tar.destroy(asError(error));
    });
  });
  try {
    for await (const chunk of chunks) {
      unpacking.feed(chunk.length);
      await Promise.race([write(tar, chunk), ended]);
    }
    tar.end();
    await ended;
  } catch (error) {
    tar.destroy();
    // Nothing more is made here once this is over.
    await taking;
    throw error instanceof ProtocolError ? error : asRefusal(error);
  }
  return await unpacking.finish();
}

async function write(tar: Extract, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    tar.write(chunk, () => {
      resolve();
    });
  });
}

interface Link {
  readonly parts: readonly string[];
  readonly target: string;
}

/** Where an entry goes, and what is in it. */
interface Place {
  readonly parts: readonly string[];
  readonly stream: Readable;
}

class Unpacking {
  readonly #init: Required<UnpackInit>;
  readonly #folders = new Set<string>();
  readonly #files = new Set<string>();
  readonly #links: Link[] = [];
  #entries = 0;
  #bytes = 0;
  #leftOut = 0;
  /** Bytes that came since the last that were of use. */
  #unused = 0;

  constructor(init: UnpackInit) {
    this.#init = { maxBytes: MAX_COPY_BYTES, maxEntries: MAX_ENTRIES, ...init };
  }

  feed(bytes: number): void {
    this.#unused += bytes;
    if (this.#unused > MAX_HEADER_BYTES) refuse("", "is an archive with too large a header");
  }

  async take(headers: Headers, stream: Readable): Promise<void> {
    this.#unused = 0;
    this.#entries += 1;
    this.#bytes += headers.size;
    const { name, size } = headers;
    if (!Number.isSafeInteger(size) || size < 0) refuse(name, "has no size that there is");
    if (this.#entries > this.#init.maxEntries) refuse(name, `is beyond ${this.#init.maxEntries} entries`);
    if (this.#bytes > this.#init.maxBytes) refuse(name, `is beyond ${this.#init.maxBytes} bytes`);
    await this.#make(headers, { parts: partsOf(name, this.#init.root), stream });
  }

  /** Links come last: until then there is none that anything could be written through. */
  async finish(): Promise<Unpacked> {
    const isFolder = this.#folders.has("");
    if (!isFolder && this.#files.size === 0) refuse("", "is an archive without what was asked for");
    for (const { parts, target } of this.#links) await symlink(target, this.#pathOf(parts));
    return { isFolder, files: this.#files.size, leftOut: this.#leftOut };
  }

  async #make(headers: Headers, place: Place): Promise<void> {
    const { parts, stream } = place;
    if (parts.length > 0 && !this.#folders.has(keyOf(parts.slice(0, -1))))
      refuse(headers.name, "has no folder");
    if (headers.type === "file" || headers.type === "contiguous-file") {
      await this.#file(headers, place);
      return;
    }
    if (headers.type === "directory") await this.#folder(headers, place);
    else if (headers.type === "link") await this.#hardLink(headers, place);
    else if (parts.length === 0) refuse(headers.name, "is neither file nor folder: ask for what it leads to");
    else this.#linkLater(headers, place);
    await this.#passOver(stream);
  }

  /** Made anew: whatever has this name already, perhaps in other letters, is an error. */
  async #file({ mode }: Headers, { parts, stream }: Place): Promise<void> {
    await pipeline(
      stream,
      (chunks) => this.#counted(chunks as AsyncIterable<Buffer>),
      createWriteStream(this.#pathOf(parts), { flags: "wx", mode: fileMode(mode) }),
    );
    this.#files.add(keyOf(parts));
  }

  async #folder({ mode }: Headers, { parts }: Place): Promise<void> {
    await mkdir(this.#pathOf(parts), { mode: folderMode(mode) });
    this.#folders.add(keyOf(parts));
  }

  /** Of anything that is no link that stays inside, nothing is made. */
  #linkLater({ type, linkname }: Headers, { parts }: Place): void {
    const target = type === "symlink" ? (linkname ?? "") : "";
    if (staysInside(target, parts)) this.#links.push({ parts, target });
    else this.#leftOut += 1;
  }

  /** A second name of a file that came before. */
  async #hardLink({ name, linkname }: Headers, { parts }: Place): Promise<void> {
    const target = partsOf(linkname ?? "", this.#init.root);
    if (!this.#files.has(keyOf(target))) refuse(name, "is a second name of a file that did not come");
    await link(this.#pathOf(target), this.#pathOf(parts));
    this.#files.add(keyOf(parts));
  }

  async #passOver(stream: Readable): Promise<void> {
    const chunks = this.#counted(stream);
    while ((await chunks.next()).done !== true);
  }

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of chunks) {
      this.#unused = 0;
      yield chunk;
    }
  }

  #pathOf(parts: readonly string[]): string {
    return join(this.#init.into, ...parts);
  }
}

function keyOf(parts: readonly string[]): string {
  return parts.join("/");
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError("unknown");
}

/** What the library throws is about the archive; what the file system throws has a code of its own. */
function asRefusal(error: unknown): unknown {
  const code: unknown = (error as { code?: unknown } | null)?.code;
  if (code === "EEXIST")
    return new ProtocolError("ARCHIVE_REFUSED", "The node sent one name twice. Nothing was kept.", {
      cause: error,
    });
  if (typeof code === "string") return error;
  const message = `The node sent a broken archive: ${asError(error).message}. Nothing was kept.`;
  return new ProtocolError("ARCHIVE_REFUSED", message, { cause: error });
}
