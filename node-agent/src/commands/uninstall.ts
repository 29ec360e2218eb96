import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { DockerImages } from "../containers/docker-images.ts";
import { reasonToStay } from "../domain/uninstall.ts";
import { holdToChain } from "../store/chain-mark.ts";
import { lockDataDir } from "../store/data-lock.ts";
import { STATE_FILE } from "../store/prepare-state.ts";
import { SqliteImages } from "../store/sqlite-images.ts";
import { StateDatabase } from "../store/state-database.ts";
import { systemClock } from "../system-clock.ts";
import { findAgent } from "./ask-agent.ts";
import { type CommandContext, type Identity, keyFileOf, requireIdentity } from "./context.ts";
import { dataFilesOf, deleteDataFiles } from "./data-files.ts";
import { COMPOSE_FILES, stateOfFile, SYSTEMD_FILES } from "./owned-file.ts";
import { chainLines, isOnlyKey, readRemains, type Remains } from "./uninstall-view.ts";

const REMOVE_TIMEOUT_MS = 60_000;

export interface UninstallOptions {
  readonly dryRun: boolean;
  /** The data folder too, with the operator key in it. */
  readonly deleteData: boolean;
  /** Files of `install` outside the data folder; those of this machine unless told. */
  readonly files?: readonly string[];
}

/**
 * Removes what the node has made on this machine. Nothing is removed while the agent runs, a lease is not over, or the
 * chain or the engine does not answer.
 *
 * @throws ProtocolError NODE_IN_USE, CHAIN_UNREACHABLE, ENGINE_UNREACHABLE, CHAIN_MISMATCH, STORE_UNUSABLE, REQUIREMENT_MISSING
 */
export async function uninstall(context: CommandContext, options: UninstallOptions): Promise<number> {
  const { config, print } = context;
  const { FIZZ_NODE_DATA_DIR: dataDir } = config;
  if (config.FIZZ_NODE_ENGINE === "swarm")
    throw new ProtocolError(
      "REQUIREMENT_MISSING",
      "What a swarm has of this node is on many machines: remove it by its label fizz.node on each.",
    );
  const identity = await requireIdentity(context);
  await requireNoAgent(dataDir);
  const unlock = lockDataDir(dataDir);
  try {
    const remains = await readRemains(context, identity);
    for (const line of chainLines(remains, identity)) print(line);
    requireOver(remains);
    if (options.deleteData) requireSpareKey(remains, identity);
    await withBook(context, { identity, remains }, async (book) => {
      await removeFromEngine(context, remains, options.dryRun);
      if (book !== undefined) await removeImages(context, book, options.dryRun);
      print("Left the image of the sandboxes: other nodes of this machine may use it.");
    });
    removeFiles(context, options);
    removeData(context, options);
  } finally {
    unlock();
  }
  return 0;
}

async function requireNoAgent(dataDir: string): Promise<void> {
  const agent = await findAgent(dataDir);
  if (agent === undefined) return;
  const leases = agent.leases === null ? "an unknown number of" : agent.leases.toString();
  const message = `The agent runs on ${dataDir} and serves ${leases} leases. First: npm run node -- drain; npm run node -- stop --wait`;
  throw new ProtocolError("NODE_IN_USE", message);
}

function requireOver({ node, headTime, leftovers }: Remains): void {
  const now = systemClock.now() / 1_000;
  const reason = reasonToStay({ snapshot: node?.snapshot, headTime }, leftovers, now);
  if (reason !== undefined) throw new ProtocolError("NODE_IN_USE", `${reason}. Nothing was removed.`);
}

function requireSpareKey(remains: Remains, identity: Identity): void {
  if (!isOnlyKey(remains, identity)) return;
  const message =
    "The operator key is the owner's as well, and what is told above can be reached with it alone: withdraw it first, or " +
    "leave --delete-data out. Nothing was removed.";
  throw new ProtocolError("NODE_IN_USE", message);
}

/** The book of what was pulled; undefined where there is no state. */
async function withBook(
  { config, log }: CommandContext,
  { identity, remains }: { readonly identity: Identity; readonly remains: Remains },
  work: (book: SqliteImages | undefined) => Promise<void>,
): Promise<void> {
  const { FIZZ_NODE_DATA_DIR: dataDir } = config;
  if (!existsSync(join(dataDir, STATE_FILE))) {
    await work(undefined);
    return;
  }
  const database = await StateDatabase.open(
    { clock: systemClock, log },
    { dataDir, operatorKey: identity.key },
  );
  try {
    await holdToChain(database, remains.chainId, remains.genesis);
    const book = new SqliteImages({ database });
    book.start();
    await work(book);
  } finally {
    await database.stop();
  }
}

async function removeFromEngine(
  { print }: CommandContext,
  { leftovers, engine }: Remains,
  dryRun: boolean,
): Promise<void> {
  for (const leftover of leftovers) {
    if (!dryRun) await engine.remove(leftover, AbortSignal.timeout(REMOVE_TIMEOUT_MS));
    print(`${verbOf(dryRun)} the ${leftover.kind} ${leftover.name}`);
  }
}

/** Those that the node pulled, by its own book. */
async function removeImages(
  { config, print }: CommandContext,
  book: SqliteImages,
  dryRun: boolean,
): Promise<void> {
  const images = new DockerImages({ host: config.DOCKER_HOST });
  for (const reference of new Set(book.images().map((image) => image.reference))) {
    const isGone = dryRun || (await images.remove(reference, AbortSignal.timeout(REMOVE_TIMEOUT_MS)));
    if (isGone && !dryRun) await book.remove(reference);
    print(
      isGone
        ? `${verbOf(dryRun)} the image ${reference}`
        : `Left the image ${reference}: a container needs it`,
    );
  }
}

function verbOf(dryRun: boolean): string {
  return dryRun ? "Would remove" : "Removed";
}

function removeFiles({ config, print }: CommandContext, { dryRun, files }: UninstallOptions): void {
  const ofCompose = COMPOSE_FILES.map((name) => join(config.FIZZ_NODE_DATA_DIR, name));
  for (const path of [...(files ?? SYSTEMD_FILES), ...ofCompose]) {
    const state = stateOfFile(path);
    if (state === "own" && !dryRun) rmSync(path);
    if (state === "own") print(`${verbOf(dryRun)} ${path}`);
    if (state === "foreign") print(`Left ${path}: install did not write it, or it was changed since`);
  }
}

function removeData({ config, print }: CommandContext, { dryRun, deleteData }: UninstallOptions): void {
  const { FIZZ_NODE_DATA_DIR: dataDir } = config;
  const { own, others } = dataFilesOf(dataDir);
  if (!deleteData) {
    print(`Left ${dataDir} with the operator key and the state: --delete-data removes them.`);
    return;
  }
  const keyFile = keyFileOf(config);
  print(
    `The operator key ${keyFile} cannot be made again: without a copy, this node cannot be taken up again.`,
  );
  if (!dryRun) deleteDataFiles(dataDir);
  print(`${verbOf(dryRun)} from ${dataDir}: ${own.join(", ")}`);
  if (others.length > 0) print(`Left in ${dataDir}: ${others.join(", ")}`);
  if (keyFile !== join(dataDir, "operator.key")) print(`Left ${keyFile}: it is outside the data folder`);
}
