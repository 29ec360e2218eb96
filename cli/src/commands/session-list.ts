import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { showTime } from "../output/format.ts";
import { formatTable } from "../output/table.ts";

const MS_PER_SECOND = 1_000;

export function addSessionList(parent: Command, shell: Shell): void {
  parent
    .command("list")
    .alias("ls")
    .description("list the grants that this machine keeps")
    .option("--json", "as one line of JSON")
    .action(async (options: { json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const now = Date.now() / MS_PER_SECOND;
        const rows = (await (await context.leases()).list())
          .flatMap(({ lid, leaseHash, session }) => (session === null ? [] : [{ lid, leaseHash, session }]))
          .map(({ lid, leaseHash, session: { signed } }) => ({
            lid: lid === null ? null : Number(lid),
            leaseHash,
            tenant: signed.grant.tenant,
            key: signed.grant.sessionKey,
            scopes: signed.grant.scopes.split(" "),
            expiresAt: signed.grant.expiresAt,
          }))
          .filter(({ expiresAt }) => expiresAt > now);
        if (options.json === true) terminal.json(rows);
        else if (rows.length === 0) terminal.note("this machine keeps no grants");
        else
          terminal.stdout(
            formatTable(
              ["LID", "MAY", "UNTIL", "KEY"],
              rows.map(({ lid, scopes, expiresAt, key }) => [
                `${lid ?? "?"}`,
                scopes.join(" "),
                showTime(expiresAt * MS_PER_SECOND),
                key,
              ]),
            ),
          );
      });
    });
}
