// `node scripts/launch.js [--build] <program> [arguments]`: runs a program as one file where there is one that was made
// of these sources (with --build it is made), and from its sources otherwise. Plain JavaScript: Node's own reader of
// TypeScript, which would stay in memory, is not loaded for it.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleFolder } from "./lib/bundle-place.js";

const SCRIPTS = dirname(fileURLToPath(import.meta.url));

const [, , ...words] = process.argv;
const isBuilt = words[0] === "--build";
const [program = "", ...programArguments] = isBuilt ? words.slice(1) : words;
const source = join(dirname(SCRIPTS), program, "src", "main.ts");
if (program === "" || !existsSync(source)) {
  process.stderr.write("Usage: node scripts/launch.js [--build] node-agent|relayer [arguments]\n");
  process.exit(2);
}

const bundle = join(bundleFolder(program), "main.js");
if (isBuilt && !existsSync(bundle) && mayWrite(dirname(SCRIPTS))) {
  const { status } = spawnSync(process.execPath, [join(SCRIPTS, "bundle.ts"), program], {
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) process.stderr.write(`${program} runs from its sources, and takes more memory.\n`);
}

/** A service often must not, and runs what was made for it. */
function mayWrite(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const main = existsSync(bundle) ? bundle : source;
process.argv.splice(1, process.argv.length, main, ...programArguments);
await import(pathToFileURL(main).href);
