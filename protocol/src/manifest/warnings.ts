import { type Deployed, deployedServices, flattenExpose, isFloating, type PortRun } from "./derive.ts";
import { type Finding, type Path } from "./issue.ts";
import { type Manifest, type Mode } from "./types.ts";

/**
 * What is allowed and probably not meant.
 *
 * @param isWhole Whether every name was understood; otherwise what looks unused may be meant by a misspelt name.
 */
export function findWarnings(manifest: Manifest, isWhole: boolean): Finding[] {
  const deployed = deployedServices(manifest);
  return [
    ...deployed.flatMap(({ service }) => warnImage(service.name, service.image)),
    ...(manifest.mode === "fizz" ? deployed.flatMap(warnSecrets) : []),
    ...deployed.flatMap(warnEnvironment),
    ...deployed.flatMap(warnUnreachable),
    ...warnSharedPorts(manifest, deployed),
    ...(isWhole ? warnUnused(manifest, deployed) : []),
  ];
}

function warning(
  code: Finding["code"],
  path: Path,
  text: Pick<Finding, "found" | "allowed" | "message">,
): Finding {
  return { code, severity: "warning", path, ...text };
}

function warnImage(service: string, image: string): Finding[] {
  if (!isFloating(image)) return [];
  return [
    warning("MANIFEST_IMAGE_LATEST", ["services", service, "image"], {
      found: image.slice(0, 80),
      allowed: "an image with a version tag or a digest",
      message: "A later pull may bring another image. Name a version, such as :1.2.3.",
    }),
  ];
}

const SECRET_NAME =
  /(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|MNEMONIC|SEED_PHRASE)/i;
const SECRET_VALUE =
  /-----BEGIN|^(?:AKIA|ghp_|gho_|glpat-|sk-|xox[bp]-|hf_)|^(?:0x)?[0-9a-fA-F]{64}$|:\/\/[^/\s:@]+:[^/\s@]+@/;

function warnSecrets({ service }: Deployed): Finding[] {
  const findings = service.env.flatMap((entry, index) => {
    const split = entry.indexOf("=");
    const [key, value] = [entry.slice(0, split), entry.slice(split + 1)];
    if (value === "" || !(SECRET_NAME.test(key) || SECRET_VALUE.test(value))) return [];
    return [warnSecret(["services", service.name, "env", index], key)];
  });
  if (service.credentials !== null)
    findings.push(warnSecret(["services", service.name, "credentials"], "credentials"));
  return findings;
}

function warnSecret(path: Path, found: string): Finding {
  return warning("MANIFEST_SECRET_IN_FIZZ", path, {
    found,
    allowed: "no sensitive data on a Fizz node",
    message: `"${found}" looks like a secret. The owner of the Fizz node can read it: use one that may be lost, or provider mode.`,
  });
}

function warnEnvironment({ service }: Deployed): Finding[] {
  return service.env.flatMap((entry, index) =>
    entry.startsWith("FIZZ_")
      ? [
          warning("MANIFEST_ENV_RESERVED", ["services", service.name, "env", index], {
            found: entry.slice(0, entry.indexOf("=")),
            allowed: "a name that does not begin with FIZZ_",
            message: "The node sets the variables that begin with FIZZ_ and may overwrite this one.",
          }),
        ]
      : [],
  );
}

function warnUnreachable({ service }: Deployed): Finding[] {
  return service.expose.flatMap((expose, index) =>
    expose.to.length > 0
      ? []
      : [
          warning("MANIFEST_EXPOSE_UNREACHABLE", ["services", service.name, "expose", index], {
            found: "no to",
            allowed: "to: [{global: true}]",
            message:
              "Nobody but you, with `fizz connect`, can reach this port. Add to: [{global: true}], or to: [{service: <name>}].",
          }),
        ],
  );
}

function warnSharedPorts(manifest: Manifest, deployed: readonly Deployed[]): Finding[] {
  const taken = new Map<string, string>();
  const runs = deployed.flatMap(({ service, assignment }) =>
    flattenExpose(service.expose)
      .filter((run) => isWish(manifest.mode, run))
      .map((run) => ({ run, service: service.name, count: assignment.count })),
  );
  return runs.flatMap(({ run, service, count }) => {
    const key = `${run.wishedPort} ${run.expose.protocol ?? "tcp"}`;
    const other = taken.get(key) ?? (count > 1 ? "another replica" : undefined);
    taken.set(key, service);
    if (other === undefined) return [];
    return [
      warning("MANIFEST_PUBLIC_PORT_SHARED", ["services", service, "expose", run.index], {
        found: String(run.wishedPort),
        allowed: "a public port of its own",
        message: `Public port ${run.wishedPort} is wished by ${other} too. One of them gets another number; the endpoints say which.`,
      }),
    ];
  });
}

/** Whether a public number was asked for that only one door can have. */
function isWish(mode: Mode, run: PortRun): boolean {
  const isWritten = run.expose.as !== null || run.expose.portRangeAs !== null;
  const isRouted = mode === "provider" && (run.wishedPort === 80 || run.wishedPort === 443);
  return isWritten && !isRouted && run.expose.to.some((target) => target.global);
}

function warnUnused(manifest: Manifest, deployed: readonly Deployed[]): Finding[] {
  const used = {
    services: new Set(manifest.deployment.map((entry) => entry.service)),
    profiles: new Set(manifest.deployment.map((entry) => entry.profile)),
    placements: new Set(manifest.deployment.map((entry) => entry.placement)),
    prices: new Set(deployed.map(({ assignment, price }) => `${assignment.placement} ${price.service}`)),
  };
  const unused: { readonly path: Path; readonly name: string }[] = [
    ...manifest.services
      .filter((entry) => !used.services.has(entry.name))
      .map(({ name }) => ({ path: ["services", name], name })),
    ...manifest.compute
      .filter((entry) => !used.profiles.has(entry.name))
      .map(({ name }) => ({ path: ["profiles", "compute", name], name })),
    ...manifest.placements
      .filter((entry) => !used.placements.has(entry.name))
      .map(({ name }) => ({ path: ["profiles", "placement", name], name })),
    ...manifest.placements.flatMap((placement) =>
      placement.pricing
        .filter(
          (price) =>
            used.placements.has(placement.name) && !used.prices.has(`${placement.name} ${price.service}`),
        )
        .map(({ service }) => ({
          path: ["profiles", "placement", placement.name, "pricing", service],
          name: service,
        })),
    ),
  ];
  return unused.map(({ path, name }) =>
    warning("MANIFEST_UNUSED", path, {
      found: name,
      allowed: "something that deployment names",
      message: `"${name}" is defined here and not deployed.`,
    }),
  );
}
