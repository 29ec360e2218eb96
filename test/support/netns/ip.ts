import { requireCommand } from "../../../scripts/lib/run-command.ts";

/** Runs `ip` with words separated by spaces. */
export async function ip(words: string): Promise<void> {
  await requireCommand("NETNS_FAILED", ["ip", ...words.split(" ")]);
}

/** What runs a command inside a namespace. `ip netns exec` would hide the cgroup file systems. */
export function prefixOf(namespace: string): readonly string[] {
  return ["nsenter", `--net=/run/netns/${namespace}`, "--"];
}

/** Runs a command, words separated by spaces, in a namespace. */
export async function runIn(namespace: string, words: string): Promise<void> {
  await requireCommand("NETNS_FAILED", [...prefixOf(namespace), ...words.split(" ")]);
}
