/**
 * Writes the JSON Schema of the manifest language to `protocol/manifest.schema.json`, from the tables that the parser
 * reads by. The same tables give the same file, byte for byte; CI regenerates it and fails on a diff.
 */
import { manifestJsonSchema } from "@fizz/protocol/manifest";
import { writeFile } from "node:fs/promises";
import { format } from "prettier";

await writeFile(
  new URL("../protocol/manifest.schema.json", import.meta.url),
  await format(JSON.stringify(manifestJsonSchema()), { parser: "json", printWidth: 110 }),
);
