import { type Spot } from "../spot.ts";

/** Networks of each service by the service's name in the file. */
export type Networks = ReadonlyMap<string, ReadonlySet<string>>;

/** Which services can reach each other in Compose. */
export function readNetworks(services: readonly Spot[]): Networks {
  return new Map(services.map((service) => [service.name, networksOf(service)]));
}

/** Whether a service names another one where it would say whom it talks to. */
export function isNamedBy(name: string, other: Spot): boolean {
  return ["depends_on", "links", "environment", "command", "entrypoint"].some((field) => {
    const spot = other.find(field);
    return spot !== undefined && namesInside(spot, name);
  });
}

function namesInside(spot: Spot, name: string): boolean {
  if (spot.name === name && spot.path.length > 3) return true;
  if (spot.text !== undefined) return spot.text.split(/[^A-Za-z0-9_.-]+/).includes(name);
  return [...spot.items(), ...spot.entries()].some((inner) => namesInside(inner, name));
}

/** Services that share a network with one, in the order of the file. */
export function reachersOf(service: string, networks: Networks): string[] {
  const own = networks.get(service) ?? new Set();
  return [...networks]
    .filter(([other, theirs]) => other !== service && [...theirs].some((network) => own.has(network)))
    .map(([other]) => other);
}

function networksOf(service: Spot): Set<string> {
  const mode = service.find("network_mode");
  if (mode !== undefined) return readMode(mode);
  const networks = service.find("networks");
  const list = networks?.entries() ?? [];
  for (const network of list) reportAliases(network);
  const names = [
    ...list.map(({ name }) => name),
    ...(networks?.items() ?? []).flatMap(({ text }) => text ?? []),
  ];
  return new Set(names.length === 0 ? ["default"] : names);
}

function readMode(mode: Spot): Set<string> {
  if (mode.text === "none") {
    mode.note("CONVERT_NETWORK", {
      done: "no port is open",
      message: "Services of a lease share one private network.",
    });
    return new Set();
  }
  if (mode.text === "bridge") return new Set(["default"]);
  const isHost = mode.text === "host";
  mode.note("CONVERT_NETWORK", {
    done: "the lease's private network",
    message: isHost
      ? "A container has no access to the machine's network. Name the ports that it listens on under ports:."
      : "Containers of a lease do not share one network address: they reach each other by service name.",
  });
  return new Set(["default"]);
}

function reportAliases(network: Spot): void {
  const aliases = network.find("aliases");
  aliases?.note("CONVERT_NETWORK", {
    found: aliases
      .items()
      .map(({ quoted }) => quoted)
      .join(", ")
      .slice(0, 80),
    done: "left out",
    message: "Services of a lease find each other by service name only.",
  });
}
