import { ProtocolError } from "../errors/index.ts";
import { type OpenExpose, type OpenPart, type OpenService } from "./open-part.ts";
import { DEFAULT_HTTP_OPTIONS } from "./http-options.ts";
import { type SealedPart, type SealedService } from "./sealed-part.ts";
import {
  type Assignment,
  type ComputeProfile,
  type Expose,
  type GpuRequest,
  type HttpOptions,
  type Manifest,
  type ManifestService,
  type Mode,
  type ProfileResources,
  type ServicePrice,
} from "./types.ts";

/** A service with everything that the manifest says about it in other places. */
export interface Deployed {
  readonly service: ManifestService;
  readonly assignment: Assignment;
  readonly profile: ComputeProfile;
  readonly price: ServicePrice;
}

/** Services that are deployed and complete, by name. */
export function deployedServices(manifest: Manifest): readonly Deployed[] {
  const deployed = manifest.deployment.flatMap((assignment) => {
    const service = manifest.services.find((entry) => entry.name === assignment.service);
    const profile = manifest.compute.find((entry) => entry.name === assignment.profile);
    const price = findPrice(manifest, assignment);
    return service === undefined || profile === undefined || price === undefined
      ? []
      : [{ service, assignment, profile, price }];
  });
  return deployed.sort((left, right) => (left.service.name < right.service.name ? -1 : 1));
}

/** Prices stand under the name of the service, or of its compute profile. */
export function findPrice(manifest: Manifest, assignment: Assignment): ServicePrice | undefined {
  const pricing = manifest.placements.find((entry) => entry.name === assignment.placement)?.pricing ?? [];
  return (
    pricing.find((price) => price.service === assignment.service) ??
    pricing.find((price) => price.service === assignment.profile)
  );
}

/**
 * What bidders may see of a manifest: no image, command, arguments, environment or credentials.
 *
 * @param manifest A manifest that `parseManifest` accepted.
 * @throws ProtocolError MANIFEST_INVALID when nothing is deployed.
 */
export function openPartOf(manifest: Manifest): OpenPart {
  const open = draftOpenPart(manifest);
  if (open === undefined) throw new ProtocolError("MANIFEST_INVALID", "The manifest deploys no service.");
  return open;
}

/** As `openPartOf`, for a manifest that may still be incomplete; undefined when no service is complete. */
export function draftOpenPart(manifest: Manifest): OpenPart | undefined {
  const deployed = deployedServices(manifest);
  const first = deployed[0];
  const placement = manifest.placements.find((entry) => entry.name === first?.assignment.placement);
  if (first === undefined || placement === undefined) return undefined;
  const { attributes } = placement;
  return {
    version: "1.0",
    mode: manifest.mode,
    durationSeconds: manifest.durationSeconds,
    tiers: [...manifest.tiers],
    token: first.price.token,
    placement: {
      regions: [...attributes.regions],
      excludedRegions: [...attributes.excludedRegions],
      desiredProviders: [...attributes.desiredProviders],
      excludedProviders: [...attributes.excludedProviders],
      desiredFizz: [...attributes.desiredFizz],
      excludedFizz: [...attributes.excludedFizz],
      cpuModels: [...attributes.cpuModels],
      minBandwidthMbps: attributes.minBandwidthMbps,
    },
    services: deployed.map((entry) => openServiceOf(manifest.mode, entry)),
  };
}

/**
 * What only the chosen node may read.
 *
 * @param manifest A manifest that `parseManifest` accepted.
 */
export function sealedPartOf(manifest: Manifest): SealedPart {
  return {
    version: "1.0",
    services: deployedServices(manifest).map(({ service }) => sealedServiceOf(service)),
  };
}

function openServiceOf(mode: Mode, { service, assignment, profile, price }: Deployed): OpenService {
  return {
    name: service.name,
    count: assignment.count,
    resources: openResourcesOf(profile.resources),
    expose: flattenExpose(service.expose).map((run) => openExposeOf(mode, run)),
    maxPricePerHour: price.amount,
  };
}

function openResourcesOf(resources: ProfileResources): OpenService["resources"] {
  return {
    milliCpu: resources.milliCpu,
    arm64Models: resources.arm64Models === null ? null : [...resources.arm64Models],
    memoryBytes: resources.memoryBytes.toString(),
    volumes: resources.volumes.map((volume) => ({
      name: volume.name,
      sizeBytes: volume.sizeBytes.toString(),
      persistent: volume.persistent,
      class: volume.class,
    })),
    gpu: resources.gpu === null ? null : openGpuOf(resources.gpu),
  };
}

function openGpuOf(gpu: GpuRequest): NonNullable<OpenService["resources"]["gpu"]> {
  return {
    units: gpu.units,
    models: sortedModels(gpu),
    requiredVram: gpu.requiredVram === null ? null : { ...gpu.requiredVram },
  };
}

/** Each once and by name: the order in which a manifest lists them means nothing. */
function sortedModels(gpu: GpuRequest): NonNullable<OpenService["resources"]["gpu"]>["models"] {
  const byKey = new Map(
    gpu.models.map(({ model, ramBytes, interface: form }) => [
      `${model} ${ramBytes?.toString() ?? ""} ${form ?? ""}`,
      { model, ramBytes: ramBytes?.toString() ?? null, interface: form },
    ]),
  );
  return [...byKey].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, model]) => model);
}

/** A run of ports with the entry of the manifest that it comes from. */
export interface PortRun {
  readonly expose: Expose;
  readonly index: number;
  readonly source: "port" | "range";
  readonly firstPort: number;
  readonly lastPort: number;
  readonly wishedPort: number;
}

/** One entry may hold a port and a range: each becomes a run of its own, in the order of the text. */
export function flattenExpose(entries: readonly Expose[]): PortRun[] {
  return entries.flatMap((expose, index): PortRun[] => {
    const { port, portRange } = expose;
    const runs: PortRun[] = [];
    if (port !== null)
      runs.push({
        expose,
        index,
        source: "port",
        firstPort: port,
        lastPort: port,
        wishedPort: expose.as ?? port,
      });
    if (portRange !== null)
      runs.push({
        expose,
        index,
        source: "range",
        firstPort: portRange.first,
        lastPort: portRange.last,
        wishedPort: expose.portRangeAs?.first ?? portRange.first,
      });
    return runs;
  });
}

function openExposeOf(mode: Mode, run: PortRun): OpenExpose {
  const { expose } = run;
  const global = expose.to.some((target) => target.global);
  const protocol = protocolOf(mode, run, global);
  const routed = protocol === "http" || protocol === "https";
  const services = expose.to.flatMap((target) => (target.service === null ? [] : [target.service]));
  return {
    firstPort: run.firstPort,
    lastPort: run.lastPort,
    wishedPort: run.wishedPort,
    protocol,
    usePublicPort: expose.usePublicPort,
    global,
    services: [...new Set(services)].sort(),
    ip: expose.to.find((target) => target.ip !== null)?.ip ?? null,
    accept: [...expose.accept],
    http:
      routed || expose.httpOptions !== null ? openHttpOf(expose.httpOptions ?? DEFAULT_HTTP_OPTIONS) : null,
    ...(expose.proxyProtocol === null ? {} : { proxyProtocol: expose.proxyProtocol }),
  };
}

/** Public port 80 means HTTP and 443 HTTPS where the gateway routes them and the manifest does not say otherwise. */
function protocolOf(mode: Mode, run: PortRun, global: boolean): OpenExpose["protocol"] {
  if (run.expose.protocol === "udp") return "udp";
  if (run.expose.protocol === "tcp" && run.wishedPort !== 80) return "tcp";
  if (!global || mode === "fizz" || run.source === "range") return "tcp";
  if (run.wishedPort === 80) return "http";
  return run.wishedPort === 443 ? "https" : "tcp";
}

function openHttpOf(options: HttpOptions): NonNullable<OpenExpose["http"]> {
  return {
    maxBodySize: options.maxBodySize,
    readTimeoutMs: options.readTimeout,
    sendTimeoutMs: options.sendTimeout,
    nextTries: options.nextTries,
    nextTimeoutMs: options.nextTimeout,
    nextCases: [...options.nextCases],
  };
}

function sealedServiceOf(service: ManifestService): SealedService {
  return {
    name: service.name,
    image: service.image,
    pullPolicy: service.pullPolicy ?? (isFloating(service.image) ? "Always" : "IfNotPresent"),
    command: [...service.command],
    args: [...service.args],
    env: [...service.env],
    credentials: service.credentials === null ? null : { ...service.credentials },
    mounts: service.mounts.map((mount) => ({ ...mount })),
    dependencies: [...service.dependencies],
    ...(service.health === null ? {} : { health: { ...service.health } }),
  };
}

/** Whether a later pull of the same reference may bring another image. */
export function isFloating(image: string): boolean {
  if (image.includes("@")) return false;
  const name = image.slice(image.lastIndexOf("/") + 1);
  return !name.includes(":") || name.endsWith(":latest");
}
