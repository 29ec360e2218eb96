import { type Spot } from "../spot.ts";

/** Top-level fields that are read, or mean nothing. */
const KNOWN = new Set(["version", "name", "services", "volumes", "networks", "secrets", "configs"]);

/** Reports what the file says outside of its services. */
export function reportTopLevel(root: Spot): void {
  for (const field of root.entries()) if (!KNOWN.has(field.name)) reportField(field);
  for (const volume of root.find("volumes")?.entries() ?? []) reportVolume(volume);
  for (const network of root.find("networks")?.entries() ?? []) reportNetwork(network);
}

function reportField(field: Spot): void {
  if (field.name === "include") {
    const message = "Other files are not read. `docker compose config` writes all of them into one.";
    field.note("CONVERT_FIELD_DROPPED", { done: "left out", message });
    return;
  }
  const name = field.name.slice(0, 80);
  const message = `The Compose Specification has no field "${name}" here.`;
  field.note("CONVERT_FIELD_UNKNOWN", { found: name, done: "left out", message });
}

function reportVolume(volume: Spot): void {
  const field = ["external", "driver", "driver_opts"]
    .map((name) => volume.find(name))
    .find((spot) => spot !== undefined);
  if (field === undefined || field.text === "false" || field.text === "local") return;
  field.note("CONVERT_FIELD_DROPPED", {
    found: field.name,
    done: "an empty volume of the node",
    message: "A node has volumes of its own only. The program starts with an empty one.",
  });
}

function reportNetwork(network: Spot): void {
  const external = network.find("external");
  if (external === undefined || external.text === "false") return;
  external.note("CONVERT_NETWORK", {
    done: "left out",
    message: "A lease reaches no network but its own and the internet.",
  });
}
