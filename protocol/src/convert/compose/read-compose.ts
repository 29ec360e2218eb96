import { MAX_SERVICES } from "../../manifest/limits.ts";
import { SHORT_TEXT } from "../../manifest/patterns.ts";
import { type Draft, type DraftService } from "../draft.ts";
import { readEnvironment } from "../environment.ts";
import { nameServices, reportTooMany } from "../service-names.ts";
import { type Spot } from "../spot.ts";
import { reportDropped } from "./dropped-fields.ts";
import { withExtends } from "./extends.ts";
import { type Variables } from "./interpolate.ts";
import { isNamedBy, type Networks, reachersOf, readNetworks } from "./networks.ts";
import { readCommand } from "./read-command.ts";
import { readDependencies } from "./read-dependencies.ts";
import { readImage } from "./read-image.ts";
import { readPorts } from "./read-ports.ts";
import { readCount, readResources } from "./read-resources.ts";
import { readVolumes, type VolumeOwners } from "./read-volumes.ts";
import { reportTopLevel } from "./top-level.ts";

/** What the services of one file have in common. */
interface Stack {
  readonly services: readonly Spot[];
  readonly names: ReadonlyMap<string, string>;
  readonly networks: Networks;
  readonly owners: VolumeOwners;
  readonly variables: Variables;
}

/** Reads a Compose file whose variables have been replaced; `variables` are for entries that name one and no value. */
export function readCompose(root: Spot, variables: Variables): Draft {
  const all = root.find("services");
  const services = (all?.entries() ?? [])
    .filter(isStarted)
    .map((service) => (all === undefined ? service : withExtends(service, all)));
  reportTopLevel(root);
  const kept = services.length > MAX_SERVICES ? reportTooMany(root, services.length) : services;
  const stack: Stack = {
    services: kept,
    names: nameServices(kept),
    networks: readNetworks(kept),
    owners: new Map(),
    variables,
  };
  const name = root.find("name")?.text ?? "";
  return {
    spot: root,
    name: SHORT_TEXT.test(name) ? name : null,
    services: kept.map((service) => readService(service, stack)),
    placement: { name: "anywhere", regions: [] },
  };
}

/** Services with a profile start only when somebody asks for it. */
function isStarted(service: Spot): boolean {
  const profiles = service.find("profiles");
  const names = profiles?.each().map(({ quoted }) => quoted) ?? [];
  if (names.length === 0) return true;
  const message =
    "This service starts only with a Compose profile, and a manifest starts all of its services.";
  profiles?.note("CONVERT_PROFILE", {
    found: names.join(", ").slice(0, 80),
    done: "the service is left out",
    message,
  });
  return false;
}

function readService(spot: Spot, { services, names, networks, owners, variables }: Stack): DraftService {
  const name = names.get(spot.name) ?? spot.name;
  const renamed = (others: readonly string[]): string[] => others.map((other) => names.get(other) ?? other);
  const near = reachersOf(spot.name, networks);
  const naming = services.filter((other) => near.includes(other.name) && isNamedBy(spot.name, other));
  reportDropped(spot);
  reportRestart(spot.find("restart") ?? spot.find("deploy")?.find("restart_policy"));
  return {
    spot,
    name,
    ...readImage(spot, name),
    command: readCommand(spot.find("entrypoint")),
    args: readCommand(spot.find("command")),
    env: readEnvironment(spot.find("environment"), variables),
    credentials: null,
    dependencies: renamed(readDependencies(spot)),
    expose: readPorts(spot, { near: renamed(near), naming: renamed(naming.map((other) => other.name)) }),
    volumes: readVolumes(spot, owners),
    resources: readResources(spot),
    count: readCount(spot),
    oldPrice: null,
  };
}

function reportRestart(spot: Spot | undefined): void {
  if (spot === undefined) return;
  const policy = spot.text ?? spot.find("condition")?.text ?? "any";
  const isKept = ["always", "unless-stopped", "any"].includes(policy);
  spot.note("CONVERT_RESTART", {
    found: policy.slice(0, 80),
    done: isKept ? "as it is on every node" : "left out",
    message: isKept
      ? "A node restarts a program that ends, with growing pauses."
      : "A node restarts every program that ends, also one that has done its work. Let it wait instead of ending.",
  });
}
