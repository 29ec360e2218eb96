import { parseEnv } from "node:util";
import { type Converted, convertToManifest, type SourceFormat } from "@fizz/protocol/convert";
import { ProtocolError } from "@fizz/protocol/errors";
import { MAX_MANIFEST_BYTES, type Mode } from "@fizz/protocol/manifest";
import { type Command, Option } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { writeUserFile } from "../files.ts";
import { readInput } from "../input.ts";
import { printFinding } from "../output/print-finding.ts";
import { type Terminal } from "../output/terminal.ts";

interface Options {
  readonly from?: SourceFormat;
  readonly mode?: Mode;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly envFile: readonly string[];
}

export function addManifestConvert(parent: Command, shell: Shell): void {
  parent
    .command("convert")
    .description("make a manifest of a Compose file or an Akash SDL; what changed is told on stderr")
    .argument("<file>", "Compose file or Akash SDL, YAML; - is standard input")
    .addOption(new Option("--from <format>", "what the file is; left out, its text decides").choices(FORMATS))
    .addOption(new Option("--mode <mode>", "left out, the one in which most can be kept").choices(MODES))
    .option(
      "--env-file <file>",
      "KEY=value lines for the variables of a Compose file; may be repeated, the last one counts",
      (file, files: readonly string[]) => [...files, file],
      [],
    )
    .option("--out <file>", "write the manifest there instead of to stdout")
    .option("--force", "replace a file that is there already")
    .option("--json", "one line of JSON with manifest and findings")
    .action(async (file: string, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async ({ terminal }) => {
        const variables = await readVariables(terminal, options.envFile);
        const text = await readInput(terminal, file, MAX_MANIFEST_BYTES);
        const converted = convertToManifest(text, { ...options, variables });
        await show(terminal, { file, options, converted });
        if (converted.manifest === null)
          throw new ProtocolError("CONVERT_FAILED", `${file} cannot be made into a manifest.`);
      });
    });
}

const FORMATS: readonly SourceFormat[] = ["compose", "akash"];
const MODES: readonly Mode[] = ["fizz", "provider"];
const MAX_ENV_FILE_BYTES = 64 * 1_024;

async function readVariables(terminal: Terminal, files: readonly string[]): Promise<Map<string, string>> {
  const variables = new Map<string, string>();
  for (const file of files) {
    const entries = parseEnv(await readInput(terminal, file, MAX_ENV_FILE_BYTES));
    for (const [name, value = ""] of Object.entries(entries)) variables.set(name, value);
  }
  return variables;
}

interface Outcome {
  readonly file: string;
  readonly options: Options;
  readonly converted: Converted;
}

async function show(terminal: Terminal, { file, options, converted }: Outcome): Promise<void> {
  const { manifest, findings } = converted;
  const out = options.out ?? null;
  if (manifest !== null && out !== null) await writeUserFile(out, manifest, options.force === true);
  if (options.json === true) {
    terminal.json({ file, converted: manifest !== null, out, ...converted });
    return;
  }
  for (const finding of findings)
    printFinding(terminal, file, { ...finding, hints: [`done: ${finding.done}`] });
  if (manifest !== null) showManifest(terminal, manifest, { ...converted, out });
}

function showManifest(
  terminal: Terminal,
  manifest: string,
  { out, mode, findings }: Converted & { readonly out: string | null },
): void {
  if (out === null) terminal.stdout(manifest);
  const told = findings.length === 1 ? "1 thing" : `${findings.length} things`;
  terminal.done(`${out ?? "The manifest"} is in ${mode ?? ""} mode. Look at ${told} above.`);
}
