import { settings } from "./config.ts";
import { VERSION } from "./version.ts";

const commands: readonly (readonly [name: string, meaning: string])[] = [
  ["start", "serve leases until SIGINT or SIGTERM (default); containers outlive the agent"],
  ["init", "make the data directory and the operator key, and say what to do next"],
  [
    "benchmark",
    "measure CPU, memory and disk (about 10 s), keep the figures and tell the tier; init and register do it by themselves; -o json",
  ],
  [
    "change-password",
    "give the operator key another password, asked for or in --new-password-file FILE; a running agent goes on",
  ],
  [
    "register",
    "register the node, pay the fee, join the gateway's subnet; does what is missing; --owner-keystore FILE, or --unsigned --owner 0x… prints the owner's transactions as JSON lines, for a wallet elsewhere",
  ],
  ["status", "the node and its leases, what is free, and why orders got no quote; -o json for programs"],
  [
    "stop",
    "end the running agent with its last lease; --within SECONDS, or --now; --wait; containers are never stopped by it",
  ],
  ["drain", "take no new leases; drain --undo takes them again"],
  [
    "earnings",
    "what the node earned, by token and lease, and what is held back or can be withdrawn; -o json",
  ],
  [
    "withdraw",
    "release and collect what is earned, and withdraw it with the owner's key (--owner-keystore FILE; --unsigned prints that transaction); --dry-run says what it would do",
  ],
  ["price", "what this node would ask for a manifest now: price --order FILE"],
  [
    "prepare-host",
    "what each machine of a swarm needs: the engine's configuration and a firewall; --apply writes them, and keeps what was there; --machines ADDRESSES where no swarm is managed",
  ],
  [
    "install",
    "write a hardened service with these settings: --systemd or --compose; --user ACCOUNT, never root; --print only prints it",
  ],
  [
    "uninstall",
    "remove what the node has made here, once no lease runs; --dry-run says what; --delete-data: the operator key and the state, too",
  ],
  ["doctor", "check everything the node needs; exit code 1 when something is wrong"],
];

/** What `--help` prints. */
export function helpText(): string {
  const width = Math.max(...settings.map(([name]) => name.length));
  return [
    `Fizz node ${VERSION}: lends this machine, runs tenants' containers through the Docker Engine.`,
    "",
    "Usage: npm run node -- [COMMAND] [--help] [--version]",
    "",
    ...commands.map(([name, meaning]) => `  ${name.padEnd(14)}${meaning}`),
    "",
    "Settings come from the environment:",
    ...settings.flatMap(([name, standard, meaning]) => [
      `  ${name.padEnd(width)}  ${meaning}`,
      `  ${"".padEnd(width)}  default: ${standard}`,
    ]),
    "",
    'When the node is up, one line goes to stdout: {"event":"node.ready","nodeId":…,"operator":…,"peerId":…}.',
    "Logs are JSON lines on stderr. Exit codes: 0 done, 1 failed, 2 wrong usage or settings.",
    "The Docker socket is root on this machine: see node-agent/README.md before you lend one that matters.",
    "",
  ].join("\n");
}
