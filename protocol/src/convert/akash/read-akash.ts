import { MAX_SERVICES } from "../../manifest/limits.ts";
import { IMAGE } from "../../manifest/patterns.ts";
import { type Draft, type DraftService } from "../draft.ts";
import { readEnvironment } from "../environment.ts";
import { readReplicas } from "../replicas.ts";
import { nameServices, reportTooMany } from "../service-names.ts";
import { type Spot } from "../spot.ts";
import { type Placed, readAssignments } from "./read-assignments.ts";
import { readDoors } from "./read-doors.ts";
import { readPlacement } from "./read-placement.ts";
import { readProfile } from "./read-profile.ts";
import { readVolumes } from "./read-volumes.ts";

const SERVICE_FIELDS = new Set([
  "image",
  "command",
  "args",
  "env",
  "expose",
  "dependencies",
  "params",
  "credentials",
  "pull_policy",
]);
const TOP_FIELDS = new Set(["version", "services", "profiles", "deployment", "endpoints"]);

interface Around {
  readonly root: Spot;
  readonly names: ReadonlyMap<string, string>;
  readonly placement: string;
}

/** Reads an Akash SDL, versions 2.0 and 2.1. */
export function readAkash(root: Spot): Draft {
  reportOthers(root);
  const assignments = readAssignments(root);
  const services = (root.find("services")?.entries() ?? []).filter((service) =>
    assignments.has(service.name),
  );
  const kept = services.length > MAX_SERVICES ? reportTooMany(root, services.length) : services;
  const placement = [...assignments.values()][0]?.placement ?? "";
  const around: Around = { root, names: nameServices(kept), placement };
  return {
    spot: root,
    name: null,
    services: kept.flatMap((service) => {
      const placed = assignments.get(service.name);
      return placed === undefined ? [] : [readService(service, placed, around)];
    }),
    placement: readPlacement(root, placement),
  };
}

function readService(spot: Spot, placed: Placed, { root, names, placement }: Around): DraftService {
  const profile = root.findIn("profiles", "compute", placed.profile);
  const { resources, volumes } = readProfile(profile ?? placed.spot, profile !== undefined);
  const renamed = (name: string): string => names.get(name) ?? name;
  reportFields(spot);
  return {
    spot,
    name: renamed(spot.name),
    ...readImage(spot, renamed(spot.name)),
    pullPolicy: readPullPolicy(spot.find("pull_policy")),
    command: readTexts(spot.find("command")),
    args: readTexts(spot.find("args")),
    env: readEnvironment(spot.find("env")),
    credentials: readCredentials(spot.find("credentials")),
    dependencies: spot.itemsAt("dependencies").map((entry) => renamed(entry.textAt("service"))),
    expose: readDoors(spot, names),
    volumes: readVolumes(spot, volumes),
    resources,
    count: placed.count === undefined ? 1 : readReplicas(placed.count),
    oldPrice: readOldPrice(root.findIn("profiles", "placement", placement, "pricing", placed.profile)),
  };
}

function reportOthers(root: Spot): void {
  for (const field of root.entries())
    if (!TOP_FIELDS.has(field.name)) {
      const name = field.name.slice(0, 80);
      field.note("CONVERT_FIELD_UNKNOWN", {
        found: name,
        done: "left out",
        message: "A manifest has nothing for this field.",
      });
    }
}

function reportFields(service: Spot): void {
  for (const field of service.entries())
    if (!SERVICE_FIELDS.has(field.name) && field.tree.kind !== "nothing") {
      const name = field.name.slice(0, 80);
      field.note("CONVERT_FIELD_UNKNOWN", {
        found: name,
        done: "left out",
        message: "A manifest has nothing for this field.",
      });
    }
  for (const field of service.find("params")?.entries() ?? [])
    if (field.name !== "storage")
      field.note("CONVERT_FIELD_DROPPED", {
        done: "left out",
        message: "A manifest has nothing for this parameter.",
      });
}

function readImage(service: Spot, name: string): Pick<DraftService, "image" | "imageNote"> {
  const image = service.textAt("image").trim();
  if (image.length <= 512 && IMAGE.test(image)) return { image, imageNote: null };
  const standIn = `registry.example/${name}:1.0.0`;
  (service.find("image") ?? service).note("CONVERT_IMAGE_MISSING", {
    done: `image: ${standIn}`,
    message: "There is no image reference that can be read. Write one such as ghcr.io/owner/name:1.2.3.",
  });
  return { image: standIn, imageNote: "Name an image here that a node can pull." };
}

function readPullPolicy(spot: Spot | undefined): DraftService["pullPolicy"] {
  const policy = (["Always", "IfNotPresent", "Never"] as const).find((name) => name === spot?.text);
  if (policy === undefined) spot?.unreadable("Always, IfNotPresent or Never");
  return policy ?? null;
}

/** Lists of texts; a single text is a list of one, as Akash has it. */
function readTexts(spot: Spot | undefined): string[] {
  return (spot?.each() ?? []).flatMap((item) => {
    if (item.text !== undefined) return [item.text];
    item.unreadable("a text");
    return [];
  });
}

/** Username and password are passed on as they are; no message quotes them. */
function readCredentials(spot: Spot | undefined): DraftService["credentials"] {
  if (spot === undefined) return null;
  const read = (name: string): string => spot.find(name)?.text ?? "";
  const [registry, username, password, email] = [
    read("host"),
    read("username"),
    read("password"),
    read("email"),
  ];
  if (registry !== "" && username !== "" && password !== "")
    return { registry, ...(email === "" ? {} : { email }), username, password };
  const message = "Credentials need host, username and password.";
  spot.note("CONVERT_VALUE_DROPPED", { found: "credentials", done: "left out", message });
  return null;
}

/** What the SDL would pay, for a person to compare; its token is not one of this network. */
function readOldPrice(price: Spot | undefined): string | null {
  if (price === undefined) return null;
  const old = `${price.textAt("amount")} ${price.textAt("denom")}`
    .slice(0, 120)
    .replace(/[^\x20-\x7E]/g, "")
    .trim();
  const message = "This price is per block of another chain and in its token. Choose a price per hour.";
  price.note("CONVERT_PRICE_TOKEN", { found: old, done: "a price for its resources", message });
  return old === "" ? null : `${old} per block`;
}
