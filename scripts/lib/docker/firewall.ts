import { readFile, readdir, readlink, writeFile } from "node:fs/promises";
import { runCommand } from "../run-command.ts";

const TABLES = ["filter", "nat"] as const;
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

/** How the host's packet rules were before an engine of ours started. */
export interface FirewallState {
  readonly hadDockerChains: boolean;
  readonly forwardPolicy: string | undefined;
  readonly ipForward: string | undefined;
}

async function saveTable(table: string): Promise<string[]> {
  const result = await runCommand(["iptables-save", "-t", table]).catch(() => undefined);
  return result?.status === 0 ? result.stdout.split("\n") : [];
}

const isDockerChain = (line: string): boolean => /^:DOCKER/.test(line);
/** A rule of a built-in chain that leads into one of Docker's. */
const isDockerJump = (line: string): boolean => /^-A (?!DOCKER)\S+ .*-j DOCKER/.test(line);

/** Remembers the packet rules, to be handed to {@link restoreFirewall}. */
export async function readFirewall(): Promise<FirewallState> {
  const filter = await saveTable("filter");
  return {
    hadDockerChains: filter.some(isDockerChain),
    forwardPolicy: filter
      .map((line) => /^:FORWARD (\S+)/.exec(line)?.[1])
      .find((policy) => policy !== undefined),
    ipForward: await readFile(FORWARDING, "utf8").catch(() => undefined),
  };
}

/**
 * Takes away what an engine leaves in the host's packet rules when it ends: its chains, the jumps into them, the
 * DROP policy on forwarded packets. Does nothing when they were there before, or another engine lives here.
 */
export async function restoreFirewall(before: FirewallState): Promise<void> {
  if (before.hadDockerChains || (await isAnotherEngineHere())) return;
  for (const table of TABLES) {
    const lines = await saveTable(table);
    for (const line of lines.filter(isDockerJump)) {
      await runCommand(["iptables", "-t", table, ...line.replace(/^-A/, "-D").split(" ")]);
    }
    const chains = lines.filter(isDockerChain).map((line) => line.slice(1).split(" ")[0] ?? "");
    for (const chain of chains) await runCommand(["iptables", "-t", table, "-F", chain]);
    for (const chain of chains) await runCommand(["iptables", "-t", table, "-X", chain]);
  }
  if (before.forwardPolicy !== undefined)
    await runCommand(["iptables", "-P", "FORWARD", before.forwardPolicy]);
  if (before.ipForward !== undefined) await writeFile(FORWARDING, before.ipForward).catch(() => undefined);
}

/** Whether a dockerd runs in our network namespace. */
async function isAnotherEngineHere(): Promise<boolean> {
  const ours = await readlink("/proc/self/ns/net").catch(() => "");
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    if (name.trim() !== "dockerd") continue;
    if ((await readlink(`/proc/${pid}/ns/net`).catch(() => "")) === ours) return true;
  }
  return false;
}
