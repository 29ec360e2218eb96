/** What holds a container of a swarm and is not, or not by every engine, set for its service. */
export interface MachineSetting {
  readonly name: string;
  /** First version of the managers' API with which the agent sets it for each service; undefined where it never does. */
  readonly serviceSince: string | undefined;
  /** Which of `prepare-host`'s files sets it for the machine. */
  readonly file: "daemon.json" | "swarm.nft" | "fizz.conf";
  /** What stands in that file. */
  readonly entry: string;
  /** Fact of doctor's container that tells it; undefined where none can. */
  readonly fact: "nnp" | "seccomp" | "files" | "swap" | "open" | undefined;
}

export const MACHINE_SETTINGS = [
  {
    name: "no new privileges",
    serviceSince: "1.44",
    file: "daemon.json",
    entry: "no-new-privileges",
    fact: "nnp",
  },
  {
    name: "the engine's seccomp filter",
    serviceSince: "1.44",
    file: "daemon.json",
    entry: "no `seccomp-profile`",
    fact: "seccomp",
  },
  {
    name: "open files",
    serviceSince: undefined,
    file: "daemon.json",
    entry: "default-ulimits",
    fact: "files",
  },
  { name: "no swap", serviceSince: undefined, file: "fizz.conf", entry: "swapoff -a", fact: "swap" },
  {
    name: "neither machines nor private ranges",
    serviceSince: undefined,
    file: "swarm.nft",
    entry: "chain forward, chain input",
    fact: "open",
  },
  {
    name: "published ports for the agent alone",
    serviceSince: undefined,
    file: "daemon.json",
    entry: "userland-proxy",
    fact: undefined,
  },
] as const satisfies readonly MachineSetting[];

/** Whether the agent sets it for each service, with managers of that version of the API, such as `1.47`. */
export function isSetByService(name: (typeof MACHINE_SETTINGS)[number]["name"], api: string): boolean {
  const since = MACHINE_SETTINGS.find((setting) => setting.name === name)?.serviceSince;
  if (since === undefined) return false;
  const [[major, minor], [leastMajor, leastMinor]] = [numbersOf(api), numbersOf(since)];
  return major === leastMajor ? minor >= leastMinor : major > leastMajor;
}

function numbersOf(version: string): [major: number, minor: number] {
  const [, major = "0", minor = "0"] = /^(\d{1,4})\.(\d{1,4})$/.exec(version) ?? [];
  return [Number(major), Number(minor)];
}
