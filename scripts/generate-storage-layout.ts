/**
 * Writes where each contract keeps its variables to `test/contracts/storage-layout.json`, from the artifacts of
 * `hardhat build`. A test compares; run this when a layout changes on purpose, and look at the diff.
 */
import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import { inRoot } from "./lib/paths.ts";
import { readStorageLayouts } from "./lib/storage-layout.ts";

const OUTPUT = inRoot("test/contracts/storage-layout.json");
await writeFile(
  OUTPUT,
  await format(JSON.stringify(readStorageLayouts()), { parser: "json", printWidth: 110 }),
);
process.stdout.write(`wrote ${OUTPUT}\n`);
