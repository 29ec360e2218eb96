import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { examine, type Finding } from "../doctor/examine.ts";
import { ProtocolError } from "@fizz/protocol/errors";
import { plainLine } from "../output/plain-text.ts";
import { type Terminal } from "../output/terminal.ts";

export function addDoctor(parent: Command, shell: Shell): void {
  parent
    .command("doctor")
    .description("look at every part of the way: Node, RPC, contracts, gateway, node, wallet, escrow")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const findings = await examine(context);
        if (options.json === true)
          context.terminal.json({ ok: findings.every(({ ok }) => ok), checks: findings });
        else for (const finding of findings) printFinding(context.terminal, finding);
        const failed = findings.filter(({ ok }) => !ok);
        if (failed.length > 0)
          throw new ProtocolError(
            "REQUIREMENT_MISSING",
            `Not in order: ${failed.map(({ name }) => name).join(", ")}.`,
          );
      });
    });
}

function printFinding(terminal: Terminal, { name, ok, found, advice }: Finding): void {
  const { green, red } = terminal.colors;
  terminal.data(`${ok ? green("✓") : red("✗")} ${name}: ${plainLine(found)}`);
  if (!ok && advice !== undefined) terminal.data(`    → ${advice}`);
}
