import { type ManifestIssue, parseManifest } from "@fizz/protocol/manifest";
import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { printIssue, readManifestText } from "../deployment/read-manifest.ts";
import { CheckFailed } from "../output/exit-codes.ts";

export function addManifestValidate(parent: Command, shell: Shell): void {
  parent
    .command("validate")
    .description("check manifests without a network or a wallet; every problem with line and column")
    .argument("<files...>", "manifests, YAML")
    .option("--json", "one line of JSON per file")
    .action(async (files: string[], options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async ({ terminal }) => {
        const broken: string[] = [];
        for (const file of files) {
          const { valid, issues } = judge(await readManifestText(file));
          if (!valid) broken.push(file);
          if (options.json === true) terminal.json({ file, valid, issues });
          else {
            for (const issue of issues) printIssue(terminal, file, issue);
            if (valid) terminal.data(`${file}: valid`);
          }
        }
        if (broken.length > 0) throw new CheckFailed("MANIFEST_INVALID", `Not valid: ${broken.join(", ")}.`);
      });
    });
}

function judge(text: string): { valid: boolean; issues: readonly ManifestIssue[] } {
  const parsed = parseManifest(text);
  return { valid: parsed.ok, issues: parsed.ok ? parsed.warnings : parsed.issues };
}
