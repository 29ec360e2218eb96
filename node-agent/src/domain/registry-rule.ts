import { isPublicHost } from "@fizz/protocol/direct";

/** Ends of names that are of one network, or of one machine. */
const LOCAL_ENDS = [".local", ".internal", ".localhost", ".lan", ".home.arpa"];

/** Host and port apart; brackets of IPv6 are taken off. */
export function hostNameOf(registry: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(registry)?.[1];
  return (bracketed ?? registry.replace(/:\d*$/, "")).toLowerCase().replace(/\.$/, "");
}

/** @param allowed Registries that the owner allows: `host:port`, or `host` for any port of it. */
export function isAllowedRegistry(registry: string, allowed: readonly string[]): boolean {
  return allowed.includes(registry.toLowerCase()) || allowed.includes(hostNameOf(registry));
}

/** Why a registry may not be asked by its name alone; undefined where its addresses decide. */
export function refusalOfRegistry(registry: string): string | undefined {
  const name = hostNameOf(registry);
  if (name.includes(":") || /^[\d.]+$/.test(name))
    return isPublicHost(name) ? undefined : "is not on the public internet";
  const isLocal = !name.includes(".") || LOCAL_ENDS.some((end) => name.endsWith(end));
  return isLocal ? "is a name of this machine's own network" : undefined;
}
