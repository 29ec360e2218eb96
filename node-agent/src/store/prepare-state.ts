import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { syncDirectory } from "@fizz/protocol/keystore";
import { inTransaction, migrate } from "./open-file.ts";
import { storeError } from "./sqlite-fault.ts";
import { faultOf, UnusableState } from "./state-fault.ts";
import { SALT_BYTES, type Vault } from "./vault.ts";

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
export const STATE_FILE = "state.db";
/** Ends of the files that SQLite has beside a database. */
const COMPANIONS = ["-wal", "-shm", "-journal"];
/** Sealed once, to tell the right operator key from another. */
export const CHECK_PLACE = "meta/check";
export const CHECK_TEXT = "fizz";
/** What earlier agents kept in files; see ADR 0028. */
const EARLIER = ["leases", "quotes", "events"];

export interface StateInit {
  readonly dataDir: string;
}

/**
 * Makes the state of a data directory when there is none: whole, under another name, and renamed then. So a file of the
 * right name that is empty or half is damage, not a beginning.
 *
 * @returns Its path. @throws ProtocolError STORE_UNUSABLE, STORE_FAILED
 */
export function prepareState({ dataDir }: StateInit, vaultOf: (salt: Uint8Array) => Vault): string {
  const path = join(dataDir, STATE_FILE);
  try {
    mkdirSync(dataDir, { recursive: true, mode: PRIVATE_DIRECTORY });
    if (existsSync(path)) return path;
    requireNothingElse(dataDir, path);
    const draft = `${path}.new`;
    for (const end of ["", ...COMPANIONS]) rmSync(`${draft}${end}`, { force: true });
    // SQLite gives its other files the mode of the database.
    closeSync(openSync(draft, "wx", PRIVATE_FILE));
    fill(draft, vaultOf);
    renameSync(draft, path);
    syncDirectory(dataDir);
    return path;
  } catch (error) {
    throw storeError(path, faultOf(error));
  }
}

/** A state that is gone left containers that nobody would know. */
function requireNothingElse(dataDir: string, path: string): void {
  if (COMPANIONS.some((end) => existsSync(`${path}${end}`)))
    throw new UnusableState("it is gone, but files that belong to it are there");
  const earlier = EARLIER.filter((name) => hasFiles(join(dataDir, name)));
  if (earlier.length > 0)
    throw new UnusableState(
      `an earlier agent kept its state in ${earlier.join(", ")}, which this one cannot read`,
    );
}

function hasFiles(directory: string): boolean {
  return existsSync(directory) && readdirSync(directory).length > 0;
}

function fill(draft: string, vaultOf: (salt: Uint8Array) => Vault): void {
  const database = new DatabaseSync(draft);
  try {
    database.exec("PRAGMA synchronous = FULL");
    migrate(database);
    const salt = randomBytes(SALT_BYTES);
    inTransaction(database, () => {
      const insert = database.prepare("INSERT INTO meta (name, value) VALUES (?, ?)");
      insert.run("salt", salt);
      insert.run("check", vaultOf(salt).seal(CHECK_PLACE, CHECK_TEXT));
    });
  } finally {
    database.close();
  }
}
