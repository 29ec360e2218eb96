import { stringify } from "yaml";
import { type HealthCheck } from "./health.ts";
import { trustTiers } from "../tiers/index.ts";
import { printResources } from "./print-resources.ts";
import {
  type Expose,
  type ExposeTarget,
  type HttpOptions,
  type Manifest,
  type ManifestService,
  type Placement,
  type PortRange,
} from "./types.ts";

/** A value of YAML; undefined fields are left out. */
export type YamlValue = unknown;

/**
 * The text of a manifest, in one form: fields in the order of the language, what is not said left out, quantities in the
 * largest unit that is exact. Reading it gives the same manifest again. Comments and other spellings are lost.
 */
export function printManifest(manifest: Manifest): string {
  const tree = {
    version: manifest.version,
    services: Object.fromEntries(manifest.services.map((service) => [service.name, printService(service)])),
    profiles: {
      name: manifest.name ?? undefined,
      mode: manifest.mode,
      duration: `${manifest.durationSeconds}s`,
      tier: some(
        trustTiers.filter(({ tier }) => manifest.tiers.includes(tier)).map(({ selector }) => selector),
      ),
      compute: Object.fromEntries(
        manifest.compute.map(({ name, resources }) => [name, { resources: printResources(resources) }]),
      ),
      placement: Object.fromEntries(manifest.placements.map((place) => [place.name, printPlacement(place)])),
    },
    deployment: printDeployment(manifest),
  };
  return stringify(tree, { version: "1.2", aliasDuplicateObjects: false, lineWidth: 0 });
}

function printService(service: ManifestService): YamlValue {
  const { credentials } = service;
  return {
    image: service.image,
    pull_policy: service.pullPolicy ?? undefined,
    command: some(service.command),
    args: some(service.args),
    env: some(service.env),
    credentials:
      credentials === null
        ? undefined
        : {
            registry: credentials.registry,
            email: credentials.email ?? undefined,
            username: credentials.username,
            password: credentials.password,
          },
    params:
      service.mounts.length === 0
        ? undefined
        : {
            storage: Object.fromEntries(
              service.mounts.map(({ volume, path, readOnly }) => [
                volume,
                { mount: path, readOnly: readOnly ? true : undefined },
              ]),
            ),
          },
    dependencies: some(service.dependencies.map((name) => ({ service: name }))),
    expose: some(service.expose.map(printExpose)),
    health: printHealth(service.health),
  };
}

/** Times are whole seconds; what is standard is said, too. */
function printHealth(health: HealthCheck | null): YamlValue {
  if (health === null) return undefined;
  return {
    port: health.port ?? undefined,
    path: health.path ?? undefined,
    interval: `${health.intervalSeconds}s`,
    timeout: `${health.timeoutSeconds}s`,
    retries: health.retries,
    start_period: `${health.startPeriodSeconds}s`,
  };
}

function printExpose(expose: Expose): YamlValue {
  return {
    port: expose.port ?? undefined,
    as: expose.as ?? undefined,
    port_range: printRange(expose.portRange),
    port_range_as: printRange(expose.portRangeAs),
    use_public_port: expose.usePublicPort ? true : undefined,
    proto: expose.protocol ?? undefined,
    accept: some(expose.accept),
    to: some(expose.to.map(printTarget)),
    http_options: printHttpOptions(expose.httpOptions),
    proxy_protocol: expose.proxyProtocol ?? undefined,
  };
}

function printRange(range: PortRange | null): string | undefined {
  return range === null ? undefined : `${range.first}-${range.last}`;
}

function printTarget({ global, service, ip }: ExposeTarget): YamlValue {
  return { global: global ? true : undefined, service: service ?? undefined, ip: ip ?? undefined };
}

function printHttpOptions(options: HttpOptions | null): YamlValue {
  if (options === null) return undefined;
  return {
    max_body_size: options.maxBodySize,
    read_timeout: options.readTimeout,
    send_timeout: options.sendTimeout,
    next_tries: options.nextTries,
    next_timeout: options.nextTimeout,
    next_cases: options.nextCases,
  };
}

function printPlacement({ attributes, pricing }: Placement): YamlValue {
  const joined = (values: readonly string[]): string | undefined =>
    values.length === 0 ? undefined : values.join(";");
  const printed = {
    region: joined(attributes.regions),
    region_exclude: joined(attributes.excludedRegions),
    desired_provider: joined(attributes.desiredProviders),
    provider_exclude: joined(attributes.excludedProviders),
    desired_fizz: joined(attributes.desiredFizz),
    fizz_exclude: joined(attributes.excludedFizz),
    bandwidth: printBandwidth(attributes.minBandwidthMbps),
    cpu_model: joined(attributes.cpuModels),
  };
  return {
    attributes: Object.values(printed).some((value) => value !== undefined) ? printed : undefined,
    pricing: Object.fromEntries(pricing.map(({ service, token, amount }) => [service, { token, amount }])),
  };
}

function printBandwidth(mbps: number): string | undefined {
  if (mbps === 0) return undefined;
  return mbps % 1_000 === 0 ? `${mbps / 1_000}gbps` : `${mbps}mbps`;
}

function printDeployment({ deployment }: Manifest): YamlValue {
  const services: Record<string, Record<string, YamlValue>> = {};
  for (const { service, placement, profile, count } of deployment) {
    (services[service] ??= {})[placement] = { profile, count };
  }
  return services;
}

/** A list that is empty is not said at all. */
function some<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}
