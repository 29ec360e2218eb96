import { CONFIG_OPTIONS } from "./config-options.ts";
import { VERSION } from "./version.ts";

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
    "Usage: npm run gateway -- [COMMAND] [--config FILE] [--help] [--version]",
    "",
    "  start          serve until SIGINT or SIGTERM (default)",
    "  register       stake and register the subnet, or publish its endpoints anew; does what is missing",
    "",
    "  --config FILE  JSON object with the file keys below. An environment variable wins over the file.",
    "  --help         This text.",
    "  --version      The version.",
    "",
    "Settings:",
    ...settings,
    "",
    'When it is up, one line goes to stdout: {"event":"gateway.ready","apiUrl":…,"peerId":…,"multiaddrs":[…]}.',
    "Logs are JSON lines on stderr. SIGTERM and SIGINT end it within 5 seconds.",
    "",
  ].join("\n");
}
