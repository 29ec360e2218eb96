import { MAX_DOORS_PER_LEASE } from "../messages/doors.ts";
import { countPublicEndpoints } from "./endpoints.ts";
import { canonicalText } from "./hashing.ts";
import { type Finding, type Path } from "./issue.ts";
import { MAX_OPEN_PART_BYTES, MAX_SEALED_PART_BYTES } from "./limits.ts";
import { checkMode } from "./mode-rules.ts";
import { type OpenPart, type OpenService } from "./open-part.ts";
import { acceptedGpuModels, isPackable, resourcesOf } from "./resources.ts";
import { type SealedPart } from "./sealed-part.ts";

/**
 * Every rule that can be held against an open part alone. Gateway and node run it on what they are sent: `openPartSchema`
 * proves the form, this proves the meaning.
 *
 * @returns Errors; none when the part may be priced.
 */
export function checkOpenPart(openPart: OpenPart): Finding[] {
  return [...checkForm(openPart), ...checkOrderRules(openPart)];
}

/** The rules that a tenant can break; the order of the lists is left out, since the parser makes it. */
export function checkOrderRules(openPart: OpenPart): Finding[] {
  return [
    ...checkMode(openPart),
    ...openPart.services.flatMap((service) => [...checkPorts(service), ...checkTargets(openPart, service)]),
    ...checkTotals(openPart),
  ];
}

/**
 * Whether a sealed part belongs to an open part. The node runs it before it starts anything.
 *
 * @returns Errors; none when the part may run.
 */
export function checkSealedPart(openPart: OpenPart, sealedPart: SealedPart): Finding[] {
  const findings: Finding[] = [];
  const names = openPart.services.map((service) => service.name);
  if (sealedPart.services.map((service) => service.name).join(" ") !== names.join(" "))
    findings.push(notCanonical(["services"], "the services of the open part, in its order"));
  for (const service of sealedPart.services) {
    const volumes = openPart.services.find((entry) => entry.name === service.name)?.resources.volumes ?? [];
    for (const mount of service.mounts)
      if (!volumes.some((volume) => volume.name === mount.volume))
        findings.push(notCanonical(["services", service.name, "mounts"], `a volume of the open part`));
    for (const dependency of service.dependencies)
      if (!names.includes(dependency))
        findings.push(notCanonical(["services", service.name, "dependencies"], "a service of the open part"));
  }
  return [...findings, ...checkSize(sealedPart, MAX_SEALED_PART_BYTES)];
}

export function checkSize(part: OpenPart | SealedPart, max: number): Finding[] {
  const size = new TextEncoder().encode(canonicalText(part)).length;
  if (size <= max) return [];
  return [
    {
      code: "MANIFEST_TOO_LARGE",
      severity: "error",
      path: [],
      found: `${size} bytes`,
      allowed: `at most ${max} bytes`,
      message: "The manifest is too large. Put data into the image, not into the manifest.",
    },
  ];
}

/** One meaning must have one text, or the same order would have two hashes. */
function checkForm(openPart: OpenPart): Finding[] {
  const findings: Finding[] = [...checkSize(openPart, MAX_OPEN_PART_BYTES)];
  const names = openPart.services.map((service) => service.name);
  if (!isAscending(names)) findings.push(notCanonical(["services"], "services by name, each once"));
  if (!isAscending(openPart.tiers)) findings.push(notCanonical(["tiers"], "tiers ascending, each once"));
  for (const [field, values] of Object.entries(openPart.placement))
    if (Array.isArray(values) && !isAscending(values))
      findings.push(notCanonical(["placement", field], "values ascending, each once"));
  for (const service of openPart.services) {
    const volumes = service.resources.volumes.map((volume) => volume.name);
    if (new Set(volumes).size < volumes.length)
      findings.push(notCanonical(["services", service.name, "resources", "storage"], "each volume once"));
  }
  return findings;
}

function isAscending(values: readonly (string | number)[]): boolean {
  return values.every((value, index) => {
    const before = values[index - 1];
    return before === undefined || before < value;
  });
}

function notCanonical(path: Path, allowed: string): Finding {
  return {
    code: "MANIFEST_NOT_CANONICAL",
    severity: "error",
    path,
    found: "another form",
    allowed,
    message: `This part of an order is not in its canonical form: ${allowed}.`,
  };
}

function checkPorts(service: OpenService): Finding[] {
  const findings: Finding[] = [];
  const taken: { readonly first: number; readonly last: number; readonly udp: boolean }[] = [];
  for (const [index, run] of service.expose.entries()) {
    const mine = { first: run.firstPort, last: run.lastPort, udp: run.protocol === "udp" };
    const clash = taken.find(
      (other) => other.udp === mine.udp && other.first <= mine.last && mine.first <= other.last,
    );
    if (clash !== undefined)
      findings.push({
        code: "MANIFEST_PORT_DUPLICATE",
        severity: "error",
        path: ["services", service.name, "expose", index, "port"],
        found: mine.first === mine.last ? String(mine.first) : `${mine.first}-${mine.last}`,
        allowed: "each port of a service once per protocol",
        message: "An entry before this one exposes the same port. Remove one of them, or join their targets.",
      });
    taken.push(mine);
  }
  return findings;
}

function checkTargets(openPart: OpenPart, service: OpenService): Finding[] {
  const names = new Set(openPart.services.map((entry) => entry.name));
  return service.expose.flatMap((run, index) =>
    run.services
      .filter((name) => !names.has(name))
      .map((name): Finding => ({
        code: "MANIFEST_SERVICE_UNKNOWN",
        severity: "error",
        path: ["services", service.name, "expose", index, "to"],
        found: name,
        allowed: [...names].join(", "),
        message: `No deployed service is called "${name}".`,
      })),
  );
}

function checkTotals(openPart: OpenPart): Finding[] {
  const findings: Finding[] = [];
  const doors = countPublicEndpoints(openPart);
  if (doors > MAX_DOORS_PER_LEASE)
    findings.push({
      code: "MANIFEST_TOO_MANY_ENDPOINTS",
      severity: "error",
      path: ["services"],
      found: `${doors} public ports`,
      allowed: `at most ${MAX_DOORS_PER_LEASE}`,
      message: `Every replica has a public port of its own for every exposed port: that makes ${doors}. A lease may have ${MAX_DOORS_PER_LEASE}.`,
    });
  if (acceptedGpuModels(openPart)?.length === 0)
    findings.push({
      code: "MANIFEST_GPU_MODELS_DISJOINT",
      severity: "error",
      path: ["profiles", "compute"],
      found: "services that accept different GPU models",
      allowed: "at least one model that all of them accept",
      message:
        "All services run on one node, and a node has one GPU model. Name a model that suits all of them.",
    });
  if (!isPackable(resourcesOf(openPart)))
    findings.push({
      code: "MANIFEST_RESOURCES_TOO_LARGE",
      severity: "error",
      path: ["profiles", "compute"],
      found: "more than a node can register",
      allowed: "below 4 Pi of memory and 4 Ei of storage in total",
      message: "The services together take more than any node can have.",
    });
  return findings;
}
