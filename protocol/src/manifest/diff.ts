import { canonicalText } from "./hashing.ts";
import { type OpenExpose, type OpenPart, type OpenService } from "./open-part.ts";

/** Parts of an order, as far as a running lease tells them apart. */
export type ChangedField =
  | "mode"
  | "tier"
  | "token"
  | "region"
  | "placement"
  | "services"
  | "ports"
  | "routing"
  | "resources"
  | "count"
  | "duration"
  | "price";

export interface OpenPartChange {
  readonly field: ChangedField;
  /** The service that it concerns; null for the whole order. */
  readonly service: string | null;
  readonly from: string;
  readonly to: string;
  /** Whether a running lease can take it. */
  readonly allowed: boolean;
  readonly message: string;
}

export interface OpenPartDiff {
  readonly changes: readonly OpenPartChange[];
  /** Changes that a running lease cannot take. */
  readonly forbidden: readonly OpenPartChange[];
  /** Whether the update may be asked for. */
  readonly allowed: boolean;
  /** Whether it needs a fresh quote: whenever anything of the open part changes. */
  readonly needsQuote: boolean;
}

/** What a running lease can take. This table is the rule. */
const UPDATABLE: Readonly<Record<ChangedField, boolean>> = {
  mode: false,
  tier: false,
  token: false,
  region: false,
  placement: false,
  services: false,
  ports: false,
  routing: true,
  resources: true,
  count: true,
  duration: true,
  price: true,
};

/** What changes between the running order and a new one, and whether the lease may keep running through it. */
export function diffOpenParts(running: OpenPart, wanted: OpenPart): OpenPartDiff {
  const changes = [...orderRows(running, wanted), ...serviceRows(running, wanted)]
    .filter((row) => row.from !== row.to)
    .map(describe);
  const forbidden = changes.filter((change) => !change.allowed);
  return {
    changes,
    forbidden,
    allowed: forbidden.length === 0,
    needsQuote: canonicalText(running) !== canonicalText(wanted),
  };
}

type Row = Pick<OpenPartChange, "field" | "service" | "from" | "to">;

function orderRows(running: OpenPart, wanted: OpenPart): Row[] {
  const row = (field: ChangedField, pick: (part: OpenPart) => unknown): Row => ({
    field,
    service: null,
    from: show(pick(running)),
    to: show(pick(wanted)),
  });
  return [
    row("mode", (part) => part.mode),
    row("tier", (part) => part.tiers),
    row("token", (part) => part.token),
    row("region", (part) => ({ in: part.placement.regions, not: part.placement.excludedRegions })),
    row("placement", ({ placement }) => ({ ...placement, regions: undefined, excludedRegions: undefined })),
    row("services", (part) => part.services.map((service) => service.name)),
    row("duration", (part) => `${part.durationSeconds} s`),
  ];
}

function serviceRows(running: OpenPart, wanted: OpenPart): Row[] {
  return running.services.flatMap((before) => {
    const after = wanted.services.find((service) => service.name === before.name);
    if (after === undefined) return [];
    const row = (field: ChangedField, pick: (service: OpenService) => unknown): Row => ({
      field,
      service: before.name,
      from: show(pick(before)),
      to: show(pick(after)),
    });
    return [
      row("ports", (service) => service.expose.map(portsOf)),
      row("routing", (service) => service.expose.map(({ accept, http }) => ({ accept, http }))),
      row("resources", (service) => service.resources),
      row("count", (service) => service.count),
      row("price", (service) => service.maxPricePerHour),
    ];
  });
}

function portsOf(run: OpenExpose): Omit<OpenExpose, "accept" | "http"> {
  const { firstPort, lastPort, wishedPort, protocol, usePublicPort, global, services, ip, proxyProtocol } =
    run;
  return { firstPort, lastPort, wishedPort, protocol, usePublicPort, global, services, ip, proxyProtocol };
}

function describe(row: Row): OpenPartChange {
  const allowed = UPDATABLE[row.field];
  const where = row.service === null ? "" : ` of service "${row.service}"`;
  return {
    ...row,
    allowed,
    message: allowed
      ? `${row.field}${where} changes from ${row.from} to ${row.to}.`
      : `${row.field}${where} cannot change on a running lease. Close it and deploy again, or keep ${row.from}.`,
  };
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
