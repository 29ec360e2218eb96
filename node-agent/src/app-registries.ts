import { lookup } from "node:dns/promises";
import { RegistryGuard } from "./leases/registry-guard.ts";

/** As the system's resolver has it, which the engine asks as well. */
export function registryGuardOf(allowed: readonly string[]): RegistryGuard {
  return new RegistryGuard(
    async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
    allowed,
  );
}
