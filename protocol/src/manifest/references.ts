import { deployedServices, findPrice } from "./derive.ts";
import { type Finding, type Path } from "./issue.ts";
import { closest } from "./suggest.ts";
import { type Assignment, type Manifest } from "./types.ts";

/** Names that point to each other across the manifest, and what only the whole of it can show. */
export function checkReferences(manifest: Manifest): Finding[] {
  return [
    ...manifest.deployment.flatMap((assignment) => checkAssignment(manifest, assignment)),
    ...checkPlacements(manifest),
    ...checkTokens(manifest),
    ...checkMounts(manifest),
    ...checkDependencies(manifest),
    ...checkSelfTargets(manifest),
  ];
}

function checkAssignment(manifest: Manifest, assignment: Assignment): Finding[] {
  const findings: Finding[] = [];
  const path: Path = ["deployment", assignment.service];
  const services = manifest.services.map((entry) => entry.name);
  const placements = manifest.placements.map((entry) => entry.name);
  const profiles = manifest.compute.map((entry) => entry.name);
  if (!services.includes(assignment.service))
    findings.push(
      unknownName("MANIFEST_SERVICE_UNKNOWN", path, {
        what: "service",
        name: assignment.service,
        known: services,
      }),
    );
  const placementPath = [...path, assignment.placement];
  if (!placements.includes(assignment.placement))
    findings.push(
      unknownName("MANIFEST_PLACEMENT_UNKNOWN", placementPath, {
        what: "placement",
        name: assignment.placement,
        known: placements,
      }),
    );
  if (!profiles.includes(assignment.profile))
    findings.push(
      unknownName("MANIFEST_PROFILE_UNKNOWN", [...placementPath, "profile"], {
        what: "compute profile",
        name: assignment.profile,
        known: profiles,
      }),
    );
  if (placements.includes(assignment.placement) && findPrice(manifest, assignment) === undefined)
    findings.push({
      code: "MANIFEST_PRICE_MISSING",
      severity: "error",
      path: ["profiles", "placement", assignment.placement, "pricing"],
      found: "no price",
      allowed: `${assignment.service}: {token: ..., amount: ...}`,
      message: `Placement "${assignment.placement}" has no price for "${assignment.service}".`,
    });
  return findings;
}

function unknownName(
  code: Finding["code"],
  path: Path,
  at: { readonly what: string; readonly name: string; readonly known: readonly string[] },
): Finding {
  const suggestion = closest(at.name, at.known);
  return {
    code,
    severity: "error",
    path,
    found: at.name,
    allowed: at.known.join(", "),
    message: `No ${at.what} is called "${at.name}".${suggestion === undefined ? "" : ` Did you mean ${suggestion}?`}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** A lease is one node, and a node stands in one place. */
function checkPlacements(manifest: Manifest): Finding[] {
  const first = manifest.deployment[0];
  const other = manifest.deployment.find((entry) => entry.placement !== first?.placement);
  const twice = manifest.deployment.find(
    (entry, index) => manifest.deployment.findIndex((before) => before.service === entry.service) < index,
  );
  const wrong = other ?? twice;
  if (first === undefined || wrong === undefined) return [];
  return [
    {
      code: "MANIFEST_PLACEMENT_SEVERAL",
      severity: "error",
      path: ["deployment", wrong.service, wrong.placement],
      found: wrong.placement,
      allowed: first.placement,
      message: `All services of a manifest run in one placement: "${first.placement}" here. Write a second manifest for "${wrong.placement}".`,
    },
  ];
}

function checkTokens(manifest: Manifest): Finding[] {
  const deployed = deployedServices(manifest);
  const first = deployed[0];
  return deployed
    .filter(({ price }) => first !== undefined && price.token !== first.price.token)
    .map(({ assignment, price }) => ({
      code: "MANIFEST_TOKEN_MIXED",
      severity: "error",
      path: ["profiles", "placement", assignment.placement, "pricing", price.service, "token"],
      found: price.token,
      allowed: first?.price.token ?? "",
      message: `A lease is paid in one token. Use ${first?.price.token ?? ""} here as well.`,
    }));
}

function checkMounts(manifest: Manifest): Finding[] {
  return deployedServices(manifest).flatMap(({ service, profile }) => {
    const { volumes } = profile.resources;
    const findings: Finding[] = [];
    const paths = new Set<string>();
    for (const mount of service.mounts) {
      const path: Path = ["services", service.name, "params", "storage", mount.volume];
      const known = volumes.map((volume) => volume.name);
      if (!known.includes(mount.volume))
        findings.push(
          unknownName("MANIFEST_VOLUME_UNKNOWN", path, {
            what: "volume of its profile",
            name: mount.volume,
            known,
          }),
        );
      if (paths.has(mount.path))
        findings.push({
          code: "MANIFEST_MOUNT_DUPLICATE",
          severity: "error",
          path: [...path, "mount"],
          found: mount.path,
          allowed: "a path of its own for each volume",
          message: `Another volume is mounted at ${mount.path} already.`,
        });
      paths.add(mount.path);
    }
    for (const volume of volumes)
      if (volume.class !== "ephemeral" && !service.mounts.some((mount) => mount.volume === volume.name))
        findings.push({
          code: "MANIFEST_VOLUME_UNMOUNTED",
          severity: "error",
          path: ["profiles", "compute", profile.name, "resources", "storage"],
          found: volume.name,
          allowed: `services.${service.name}.params.storage.${volume.name}.mount`,
          message: `Volume "${volume.name}" is paid for and mounted nowhere. Add params.storage.${volume.name}.mount to service "${service.name}".`,
        });
    return findings;
  });
}

function checkDependencies(manifest: Manifest): Finding[] {
  const findings: Finding[] = [];
  const deployed = new Map(deployedServices(manifest).map(({ service }) => [service.name, service]));
  for (const service of deployed.values())
    for (const [index, name] of service.dependencies.entries()) {
      const path: Path = ["services", service.name, "dependencies", index, "service"];
      if (name === service.name) findings.push(namesItself(path, name));
      else if (!deployed.has(name))
        findings.push(
          unknownName("MANIFEST_SERVICE_UNKNOWN", path, {
            what: "deployed service",
            name,
            known: [...deployed.keys()],
          }),
        );
    }
  const cycle = findCycle(new Map([...deployed].map(([name, service]) => [name, service.dependencies])));
  if (cycle !== undefined)
    findings.push({
      code: "MANIFEST_DEPENDENCY_CYCLE",
      severity: "error",
      path: ["services", cycle[0] ?? "", "dependencies"],
      found: cycle.join(" → "),
      allowed: "services that wait for each other in one direction only",
      message: `These services wait for each other: ${cycle.join(" → ")}.`,
    });
  return findings;
}

/** A circle of at least two names, the first one repeated at its end. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const trail: string[] = [];
  const walk = (name: string): string[] | undefined => {
    const at = trail.indexOf(name);
    if (at !== -1) return [...trail.slice(at), name];
    if (finished.has(name)) return undefined;
    trail.push(name);
    for (const next of edges.get(name) ?? []) {
      const cycle = next === name ? undefined : walk(next);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    finished.add(name);
    return undefined;
  };
  for (const name of edges.keys()) {
    const cycle = walk(name);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function checkSelfTargets(manifest: Manifest): Finding[] {
  return manifest.services.flatMap((service) =>
    service.expose.flatMap((expose, index) =>
      expose.to
        .filter((target) => target.service === service.name)
        .map((target) =>
          namesItself(["services", service.name, "expose", index, "to"], target.service ?? ""),
        ),
    ),
  );
}

function namesItself(path: Path, name: string): Finding {
  return {
    code: "MANIFEST_SERVICE_SELF",
    severity: "error",
    path,
    found: name,
    allowed: "another service",
    message: `"${name}" names itself here. Remove the entry.`,
  };
}
