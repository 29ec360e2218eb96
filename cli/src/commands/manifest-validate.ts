import { ProtocolError } from "@fizz/protocol/errors";
import { type ManifestIssue, MAX_MANIFEST_BYTES, parseManifest } from "@fizz/protocol/manifest";
import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { printIssue } from "../deployment/read-manifest.ts";
import { readInput } from "../input.ts";
import { CheckFailed } from "../output/exit-codes.ts";
import { type Terminal } from "../output/terminal.ts";

export function addManifestValidate(parent: Command, shell: Shell): void {
  parent
    .command("validate")
    .description("check manifests without a network or a wallet; every problem with line and column")
    .argument("<files...>", "manifests, YAML; - is standard input")
    .option("--json", "one line of JSON per file")
    .action(async (files: string[], options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async ({ terminal }) => {
        const broken: string[] = [];
        for (const file of files) {
          const verdict = await judge(terminal, file);
          if (!verdict.valid) broken.push(file);
          if (options.json === true) terminal.json({ file, ...verdict });
          else print(terminal, file, verdict);
        }
        if (broken.length > 0) throw new CheckFailed("MANIFEST_INVALID", `Not valid: ${broken.join(", ")}.`);
      });
    });
}

/** What is said about one file. A file that cannot be read is not valid, and does not keep others from being judged. */
interface Verdict {
  readonly valid: boolean;
  readonly issues: readonly ManifestIssue[];
  /** Why it could not be read. */
  readonly error?: { readonly code: string; readonly message: string };
}

async function judge(terminal: Terminal, file: string): Promise<Verdict> {
  try {
    const parsed = parseManifest(await readInput(terminal, file, MAX_MANIFEST_BYTES));
    return { valid: parsed.ok, issues: parsed.ok ? parsed.warnings : parsed.issues };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { valid: false, issues: [], error: { code: error.code, message: error.message } };
  }
}

function print(terminal: Terminal, file: string, { valid, issues, error }: Verdict): void {
  for (const issue of issues) printIssue(terminal, file, issue);
  if (error !== undefined) terminal.stderr(`${error.message} [${error.code}]\n`);
  if (valid) terminal.data(`${file}: valid`);
}
