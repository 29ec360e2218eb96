// Plain JavaScript for Node >= 20, no dependencies: brings Node 24 and the dependencies to a fresh clone, then runs
// the given script under Node 24. `node scripts/bootstrap.js <script> [arguments]`
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitForLock } from "./lib/lock-file.js";
import { withProgress } from "./lib/progress.js";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_VERSION = "24.21.0";
const NODE_MAJOR = 24;
const TOOLS = join(ROOT, ".tools");
const TOOLS_BIN = join(TOOLS, "node_modules", ".bin");
const MODULES = join(ROOT, "node_modules");
const STAMP = join(MODULES, ".fizz-install.json");
const LOCK_TIMEOUT_MS = 15 * 60_000;
const SAME_SIGNAL_MS = 1000;
const TAIL_CHARS = 4000;
const RETRY_FLAGS = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=8000"];
// Compiled scripts stay in the project's own folder, and not in the system's temporary one.
const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(ROOT, ".fizz", "node-cache") };
// Threads share what malloc keeps: a program that runs for long takes some 15 MiB less.
const FEW_ARENAS = { MALLOC_ARENA_MAX: "2" };
const NPM_FLAGS = ["--no-audit", "--no-fund", "--loglevel=error", ...RETRY_FLAGS];
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER/;

class BootstrapError extends Error {
  constructor(code, message, details = "") {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** npm's own JavaScript, so that it can be run by the Node of our choice. */
function findNpm() {
  const candidates = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm"));
  candidates.push(join(dirname(process.execPath), "npm"));
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue;
    const path = realpathSync(candidate);
    if (path.endsWith(".js")) return path;
    const beside = join(dirname(path), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");
    if (existsSync(beside)) return beside;
  }
  throw new BootstrapError(
    "BOOTSTRAP_NO_NPM",
    "npm was not found on PATH. Install Node.js with npm (20 or newer).",
  );
}

function withPath(folder) {
  const rest = process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin";
  return { ...process.env, PATH: [folder, join(MODULES, ".bin"), rest].join(delimiter) };
}

/** npm looks for the machine's own settings (proxy, certificates, mirror) beside its Node; keep the original's. */
function npmEnvironment(node) {
  const settings = join(dirname(dirname(process.execPath)), "etc", "npmrc");
  const keep = node !== process.execPath && existsSync(settings) ? { npm_config_globalconfig: settings } : {};
  return { ...COMPILE_CACHE, ...keep, ...withPath(dirname(node)) };
}

/** Runs npm, keeping what it says for the case that it fails. */
function runNpm(node, args, code) {
  const options = { cwd: ROOT, env: npmEnvironment(node), stdio: ["ignore", "pipe", "pipe"] };
  return new Promise((resolve, reject) => {
    const child = spawn(node, [findNpm(), ...args, ...NPM_FLAGS], options);
    const endChild = () => child.kill("SIGTERM");
    process.once("exit", endChild);
    let tail = "";
    const keep = (chunk) => (tail = (tail + chunk).slice(-TAIL_CHARS));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (error) =>
      reject(new BootstrapError(code, `npm could not be started: ${error.message}`)),
    );
    child.once("close", (status) => {
      process.off("exit", endChild);
      if (status === 0) resolve(tail);
      else reject(npmFailure({ code, args, tail, status }));
    });
  });
}

function npmFailure({ code, args, tail, status }) {
  const command = `npm ${args.join(" ")}`;
  if (UNREACHABLE.test(tail)) {
    const message =
      `The npm registry cannot be reached (${command}). Check the network, or a proxy or mirror ` +
      "(`npm config get registry`), and run the same command again: it goes on where it stopped.";
    return new BootstrapError("BOOTSTRAP_OFFLINE", message, tail);
  }
  return new BootstrapError(code, `${command} failed with status ${status}.`, tail);
}

function runsNode24(path) {
  return new Promise((resolve) => {
    const child = spawn(path, ["-p", "process.versions.node"], { stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.once("error", () => resolve(false));
    child.once("close", (status) => resolve(status === 0 && Number(out.split(".")[0]) >= NODE_MAJOR));
  });
}

/** The Node 24 that an earlier run fetched, by its stamp alone (no process is started). */
function findFetchedNode() {
  const path = join(TOOLS_BIN, "node");
  try {
    return readFileSync(join(TOOLS, ".fizz-node"), "utf8") === NODE_VERSION && existsSync(path)
      ? path
      : undefined;
  } catch {
    return undefined;
  }
}

function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return process.execPath;
  return findFetchedNode();
}

async function fetchNode() {
  const path = join(TOOLS_BIN, "node");
  if (!(existsSync(path) && (await runsNode24(path)))) {
    const args = [
      "install",
      "--prefix",
      TOOLS,
      `node@${NODE_VERSION}`,
      "--save-exact",
      "--ignore-scripts=false",
    ];
    await withProgress(`Fetching Node ${NODE_VERSION}`, () =>
      runNpm(process.execPath, args, "BOOTSTRAP_NODE_FAILED"),
    );
    if (!(await runsNode24(path))) {
      throw new BootstrapError(
        "BOOTSTRAP_NODE_FAILED",
        `The fetched Node at ${path} does not run on this machine.`,
      );
    }
  }
  writeFileSync(join(TOOLS, ".fizz-node"), NODE_VERSION);
  return path;
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
}

/** Node versions below 22 make npm skip the native package of Hardhat's network without a word. */
function hasNativeParts() {
  const folder = join(MODULES, "@nomicfoundation");
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("edr-"));
}

/** Whether an `npm install` by hand, under Node 24, is newer than the lock file. */
function isInstalledByHand() {
  const hidden = join(MODULES, ".package-lock.json");
  if (!existsSync(hidden) || !hasNativeParts()) return false;
  return statSync(hidden).mtimeMs >= statSync(join(ROOT, "package-lock.json")).mtimeMs;
}

function areDependenciesFresh(hash) {
  try {
    return JSON.parse(readFileSync(STAMP, "utf8")).lock === hash;
  } catch {
    return false;
  }
}

async function installDependencies(node, hash) {
  if (!isInstalledByHand()) {
    await withProgress("Installing the dependencies", () => runNpm(node, ["ci"], "BOOTSTRAP_INSTALL_FAILED"));
  }
  // A project without dependencies gets no folder from npm.
  mkdirSync(MODULES, { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ lock: hash }));
}

/** Everything there: no lock, no child process. Otherwise one bootstrap at a time does the work. */
async function prepare() {
  const hash = lockHash();
  const ready = findNode();
  if (ready !== undefined && areDependenciesFresh(hash)) return ready;
  mkdirSync(TOOLS, { recursive: true });
  const onWait = (pid) =>
    process.stderr.write(`Waiting for another set-up of this folder (process ${pid}) …\n`);
  const release = await waitForLock(join(TOOLS, "bootstrap.lock"), { timeoutMs: LOCK_TIMEOUT_MS, onWait });
  if (release === undefined) {
    throw new BootstrapError(
      "BOOTSTRAP_LOCKED",
      "Another set-up of this folder did not end within 15 minutes.",
    );
  }
  process.once("exit", release);
  try {
    const node = findNode() ?? (await fetchNode());
    if (!areDependenciesFresh(hash)) await installDependencies(node, hash);
    return node;
  } finally {
    release();
  }
}

/** `setpriv` makes the kernel end the script when this process is killed without a chance to say so. */
function commandFor(node, args) {
  const setpriv = "/usr/bin/setpriv";
  if (!existsSync(setpriv)) return [node, args];
  return [setpriv, ["--pdeathsig", "TERM", "--", node, ...args]];
}

/**
 * Runs the script in a session of its own, so that a Ctrl-C, which the terminal and npm both deliver here, reaches
 * it exactly once.
 */
function run(node, args) {
  const [command, commandArgs] = commandFor(node, args);
  const env = { ...COMPILE_CACHE, ...FEW_ARENAS, ...withPath(dirname(node)) };
  const child = spawn(command, commandArgs, { stdio: "inherit", env, detached: true });
  const seen = new Map();
  const forward = (signal) => {
    const now = Date.now();
    if (now - (seen.get(signal) ?? 0) < SAME_SIGNAL_MS) return;
    seen.set(signal, now);
    child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, forward);
  child.once("error", (error) => {
    process.stderr.write(`BOOTSTRAP_START_FAILED: ${error.message}\n`);
    process.exit(1);
  });
  child.once("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}

const args = process.argv.slice(2);
if (args.length === 0) {
  process.stderr.write("Usage: node scripts/bootstrap.js <script> [arguments]\n");
  process.exit(2);
}
const stopEarly = (signal) => process.exit(128 + constants.signals[signal]);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stopEarly);
try {
  const node = await prepare();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, stopEarly);
  run(node, args);
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  if (error.details.trim() !== "") process.stderr.write(`\n${error.details.trim()}\n`);
  process.exit(1);
}
