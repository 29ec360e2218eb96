import { CONFIG_OPTIONS } from "./config-options.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly (readonly [name: string, meaning: string])[] = [
  [
    "init",
    "write a configuration that explains itself (gateway.yaml, or --config) and a new key, encrypted; encrypt a key that is there as it is",
  ],
  ["doctor", "check everything that a gateway needs, and say what to do; exit code 1 when something fails"],
  ["start", "serve until SIGINT, SIGTERM or drain (default)"],
  [
    "register",
    "stake and register the subnet, or publish its endpoints anew; does what is missing; --owner-keystore FILE, or --unsigned --owner 0x… prints the owner's transactions as JSON lines, for a wallet elsewhere",
  ],
  [
    "change-password",
    "give the gateway's key another password, asked for or in --new-password-file FILE; a running gateway goes on",
  ],
  ["status", "what the running gateway says of itself; exit code 1 when it cannot serve"],
  [
    "drain",
    "let it end: nothing new, existing connections go on for --within SECONDS (600); --wait for the end",
  ],
  ["reload", "let it read its configuration anew, as SIGHUP does"],
];
const COMMAND_WIDTH = 15;

/** What `--help` prints. */
export function helpText(): string {
  const width = Math.max(...CONFIG_OPTIONS.map((option) => option.env.length));
  const settings = CONFIG_OPTIONS.map(
    (option) =>
      `  ${option.env.padEnd(width)}  ${option.text}\n` +
      `  ${"".padEnd(width)}  file key: ${option.key}; default: ${option.fallback}`,
  );
  return [
    `Fizz gateway ${VERSION}`,
    "",
    "Usage: npm run gateway -- [COMMAND] [--config FILE] [-o json] [--help] [--version]",
    "",
    ...COMMANDS.map(([name, meaning]) => `  ${name.padEnd(COMMAND_WIDTH)}  ${meaning}`),
    "",
    "  --config FILE  YAML or JSON with the file keys below. An environment variable wins over the file.",
    "  -o json        one JSON document instead of text (or: --json)",
    "  --help         This text.",
    "  --version      The version.",
    "",
    "Settings:",
    ...settings,
    "",
    'When it is up, one line goes to stdout: {"event":"gateway.ready","apiUrl":…,"peerId":…,"multiaddrs":[…]}.',
    "Logs are JSON lines on stderr. SIGTERM and SIGINT drain it for FIZZ_GATEWAY_STOP_SECONDS; a second one ends it",
    "at once. SIGHUP reads the configuration anew, or ends it where it runs in a terminal. docs/OPERATING.md tells more.",
    "",
  ].join("\n");
}
