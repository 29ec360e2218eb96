import { type Spot } from "../spot.ts";

/** Names in the file of the services that must start before this one. */
export function readDependencies(service: Spot): string[] {
  const dependsOn = service.find("depends_on");
  const listed = dependsOn?.each().flatMap(({ text }) => text ?? []) ?? [];
  const mapped = dependsOn?.entries() ?? [];
  for (const entry of mapped) reportCondition(entry);
  const links = (service.find("links")?.each() ?? []).map(readLink);
  return [...new Set([...listed, ...mapped.map(({ name }) => name), ...links])].filter((name) => name !== "");
}

function reportCondition(entry: Spot): void {
  const condition = entry.find("condition");
  if (condition === undefined || condition.text === "service_started") return;
  condition.note("CONVERT_DEPENDENCY", {
    done: "the order of the start",
    message:
      condition.text === "service_completed_successfully"
        ? "A node starts services in order, does not wait for one to end, and restarts what ends."
        : "A node starts services in order and waits for no health check. Let the program try again.",
  });
}

function readLink(spot: Spot): string {
  const [name = "", alias] = (spot.text ?? "").split(":");
  if (alias !== undefined && alias !== name)
    spot.note("CONVERT_NETWORK", {
      done: `reached as ${name.slice(0, 80)}`,
      message: "Services of a lease find each other by service name only.",
    });
  return name;
}
