#!/usr/bin/env node
// Plain JavaScript for Node >= 20, no dependencies: runs the TypeScript of the CLI under a Node that can, either this
// one or the one that `npm start` fetched.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(dirname(realpathSync(fileURLToPath(import.meta.url)))));
/** Programs of their own, each under its name as a first argument; all other arguments are the CLI's. */
const PROGRAMS = new Map([
  ["gateway", "relayer"],
  ["node", "node-agent"],
]);
const OTHER = PROGRAMS.get(process.argv[2] ?? "");
const MAIN = join(ROOT, OTHER ?? "cli", "src", "main.ts");
if (OTHER !== undefined) process.argv.splice(2, 1);
const FETCHED_NODES = [
  join(ROOT, ".tools", "node_modules", ".bin", "node"),
  join(ROOT, ".tools", "node_modules", "node", "bin", "node"),
  join(ROOT, "node_modules", "node", "bin", "node"),
];

/** Whether this Node runs TypeScript as it is: 22.18, 23.6, 24 and newer. */
function canRunTypeScript() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

function refuse(message) {
  process.stderr.write(`error: ${message} [REQUIREMENT_MISSING]\n`);
  process.exit(1);
}

/**
 * Runs the CLI in a child that shares this process's terminal. A Ctrl-C in a terminal reaches the child by itself;
 * every other signal comes to this process alone and is passed on.
 */
function runUnder(node) {
  const child = spawn(node, [MAIN, ...process.argv.slice(2)], { stdio: "inherit" });
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => refuse(`${node} could not be started: ${error.message}.`));
  child.once("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}

if (!existsSync(join(ROOT, "node_modules", "commander"))) {
  refuse(
    "The dependencies are not installed.\n  → Run `npm start` (or `npm ci` with Node 24) in " + ROOT + ".",
  );
} else if (canRunTypeScript()) {
  await import(pathToFileURL(MAIN).href);
} else {
  const node = FETCHED_NODES.find((path) => existsSync(path));
  if (node === undefined) {
    refuse(
      `Node ${process.versions.node} cannot run fizz, which needs 22.18 or newer.\n` +
        `  → Run \`npm start\` once in ${ROOT}: it fetches Node 24. Or install Node 24 yourself.`,
    );
  } else {
    runUnder(node);
  }
}
