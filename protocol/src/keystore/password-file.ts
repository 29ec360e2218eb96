import { readFileSync, statSync } from "node:fs";
import { ProtocolError } from "../errors/index.ts";
import { requirePrivate } from "./private-file.ts";

/** Longest password, in bytes. */
const MAX_PASSWORD_BYTES = 1_024;

/**
 * Reads a password: the whole file but one line end.
 *
 * @throws ProtocolError CONFIG_INVALID when it is missing, readable by others, empty or too long
 */
export function readPasswordFile(path: string): string {
  let text: string;
  try {
    const { mode, uid, size } = statSync(path);
    requirePrivate(path, { mode, uid });
    if (size > MAX_PASSWORD_BYTES)
      throw new ProtocolError("CONFIG_INVALID", `${path} is over ${MAX_PASSWORD_BYTES} bytes.`);
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("CONFIG_INVALID", `The password file ${path} cannot be read.`, { cause });
  }
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw new ProtocolError("CONFIG_INVALID", `The password file ${path} is empty.`);
  return password;
}
