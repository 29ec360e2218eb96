import { type OpenExpose, type OpenPart, type OpenService } from "./open-part.ts";
import { type ProxyProtocol } from "./types.ts";

/** One public port that a manifest asks for. */
export interface PublicEndpoint {
  readonly service: string;
  readonly replica: number;
  /** Port of the container, as the manifest names it. */
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** Set when the gateway routes it by host name. */
  readonly scheme: "http" | "https" | null;
  /** Host names of the tenant's own, of a routed port. */
  readonly accept: readonly string[];
  /** How requests to a routed port are treated. */
  readonly http: OpenExpose["http"];
  /** Public number that is wished. */
  readonly wish: number;
  /** The container listens on the number that the public gets. */
  readonly usePublicPort: boolean;
  /** Members of one range share it and want consecutive numbers; null for a single port. Counts from 0 over the list. */
  readonly group: number | null;
  /** Version of the PROXY header that the container wants; null for none. */
  readonly proxyProtocol: ProxyProtocol | null;
}

/** Every door that a manifest asks for: replicas have doors of their own, a range has one per port. */
export function publicEndpointsOf(openPart: OpenPart): PublicEndpoint[] {
  const endpoints: PublicEndpoint[] = [];
  let groups = 0;
  for (const service of openPart.services)
    for (let replica = 0; replica < service.count; replica += 1)
      for (const run of service.expose.filter((entry) => entry.global)) {
        const group = run.lastPort > run.firstPort ? groups : null;
        if (group !== null) groups += 1;
        endpoints.push(...endpointsOfRun(service, run, { replica, group }));
      }
  return endpoints;
}

/** A run of TCP ports on which a service listens, whoever may reach it. */
export interface ExposedPorts {
  readonly service: string;
  readonly replicas: number;
  readonly firstPort: number;
  readonly lastPort: number;
  /** The container listens on the number that the public gets. */
  readonly usePublicPort: boolean;
}

/** Every TCP port that a manifest exposes: to the public, to other services, or to nobody but its tenant. */
export function exposedTcpPortsOf(openPart: OpenPart): ExposedPorts[] {
  return openPart.services.flatMap(({ name, count, expose }) =>
    expose
      .filter(({ protocol }) => protocol !== "udp")
      .map(({ firstPort, lastPort, usePublicPort }) => ({
        service: name,
        replicas: count,
        firstPort,
        lastPort,
        usePublicPort,
      })),
  );
}

/** How many doors that is, without making the list. */
export function countPublicEndpoints(openPart: OpenPart): number {
  let count = 0;
  for (const service of openPart.services)
    for (const run of service.expose)
      if (run.global) count += service.count * (run.lastPort - run.firstPort + 1);
  return count;
}

function endpointsOfRun(
  service: OpenService,
  run: OpenExpose,
  at: { readonly replica: number; readonly group: number | null },
): PublicEndpoint[] {
  const scheme = run.protocol === "http" || run.protocol === "https" ? run.protocol : null;
  return Array.from({ length: run.lastPort - run.firstPort + 1 }, (_, offset) => ({
    service: service.name,
    replica: at.replica,
    port: run.firstPort + offset,
    protocol: run.protocol === "udp" ? "udp" : "tcp",
    scheme,
    accept: run.accept,
    http: run.http,
    wish: run.wishedPort + offset,
    usePublicPort: run.usePublicPort,
    group: at.group,
    proxyProtocol: run.proxyProtocol ?? null,
  }));
}
