import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type z } from "zod";

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** The text of a file, or undefined when there is none. @throws ProtocolError STORE_FAILED */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") return undefined;
    throw new ProtocolError("STORE_FAILED", `${path} cannot be read (${codeOf(cause)}).`, { cause });
  }
}

/** A JSON file read with a schema, or undefined when there is none. @throws ProtocolError STORE_FAILED */
export async function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readTextFile(path);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("STORE_FAILED", `${path} is not JSON. Repair or remove it.`, { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const places = result.error.issues.map((issue) => issue.path.join(".") || "(all)").join(", ");
  throw new ProtocolError(
    "STORE_FAILED",
    `${path} is not what fizz writes, at ${places}. Repair or remove it.`,
  );
}

/**
 * Writes a file of the user's own. One that is there already is replaced only when that was said.
 *
 * @throws ProtocolError USAGE when it is there; STORE_FAILED
 */
export async function writeUserFile(path: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: replace ? "w" : "wx" });
  } catch (cause) {
    if (codeOf(cause) === "EEXIST")
      throw new ProtocolError("USAGE", `${path} is there already. Say --force to replace it.`, { cause });
    throw new ProtocolError("STORE_FAILED", `${path} cannot be written (${codeOf(cause)}).`, { cause });
  }
}

/** Writes a file that only its owner may read; a reader sees the old or the new text, never half of it. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    const file = await open(draft, "w", OWNER_ONLY_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new ProtocolError("STORE_FAILED", `${path} cannot be written (${codeOf(cause)}).`, { cause });
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
