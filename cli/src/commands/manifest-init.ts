import { type Mode } from "@fizz/protocol/manifest";
import { type Command, Option } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { startingManifest } from "../deployment/starting-manifest.ts";
import { writeUserFile } from "../files.ts";

interface Options {
  readonly mode: Mode;
  readonly name: string;
  readonly image: string;
  readonly port: string;
  readonly force?: boolean;
}

const MODES: readonly Mode[] = ["fizz", "provider"];

export function addManifestInit(parent: Command, shell: Shell): void {
  parent
    .command("init")
    .description("write a manifest to start from, with a comment at each field")
    .argument("[file]", "where to; - for stdout", "deploy.yaml")
    .addOption(new Option("--mode <mode>", "community machines or providers").choices(MODES).default("fizz"))
    .option("--name <name>", "name of the deployment and its service", "web")
    .option("--image <image>", "image of the service", "fizz/hello:1.0.0")
    .option("--port <number>", "port on which the program listens", "8080")
    .option("--force", "replace a file that is there already")
    .action(async (file: string, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async ({ terminal }) => {
        const text = startingManifest(options);
        if (file === "-") {
          terminal.stdout(text);
          return;
        }
        await writeUserFile(file, text, options.force === true);
        terminal.done(`${file} is written. Look at it, then: fizz deployment create ${file}`);
      });
    });
}
