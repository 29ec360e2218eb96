import {
  exposedTcpPortsOf,
  type OpenPart,
  type PublicEndpoint,
  publicEndpointsOf,
} from "@fizz/protocol/manifest";
import { type DoorRequest, type Endpoint, type Route, type Transport } from "@fizz/protocol/messages";

/** The public ports that a manifest asks for: one per replica and port that is open to everybody. */
export function doorRequestsOf(openPart: OpenPart): DoorRequest[] {
  return publicEndpointsOf(openPart).map((endpoint) => {
    const { service, replica, port, protocol, wish, group, proxyProtocol } = endpoint;
    const route = routeOf(endpoint);
    return {
      service,
      replica,
      port,
      protocol,
      wish,
      ...(group === null ? {} : { group }),
      ...(proxyProtocol === null ? {} : { proxyProtocol }),
      ...(route === undefined ? {} : { route }),
    };
  });
}

/** Replicas share one name: the first of them asks for it. */
function routeOf({ scheme, replica, accept, http }: PublicEndpoint): Route | undefined {
  if (scheme === null || http === null) return undefined;
  return { scheme, accept: replica === 0 ? [...accept] : [], options: http };
}

/** The ways into a deployment as a tenant sees them: replicas behind one name are one. */
export function shownEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  const shown = new Map<string, Endpoint>();
  for (const endpoint of endpoints) if (!shown.has(endpoint.url)) shown.set(endpoint.url, endpoint);
  return [...shown.values()];
}

/** A public port as the gateway names it. */
export interface TunnelTarget {
  readonly service: string;
  readonly replica: number;
  /** Port as the manifest names it. */
  readonly port: number;
  readonly protocol: Transport;
}

/**
 * Port on which the container listens, or undefined when the manifest does not open it to everybody.
 * With `use_public_port` that is the number the public sees. The gateway chooses it, so it must be none on which the service
 * listens for somebody else.
 */
export function containerPortOf(
  openPart: OpenPart,
  target: TunnelTarget,
  endpoints: readonly Endpoint[],
): number | undefined {
  const isTarget = (door: TunnelTarget): boolean =>
    door.service === target.service &&
    door.replica === target.replica &&
    door.port === target.port &&
    door.protocol === target.protocol;
  const door = publicEndpointsOf(openPart).find(isTarget);
  if (door === undefined) return undefined;
  if (!door.usePublicPort) return door.port;
  const number = endpoints.find(isTarget)?.publicPort;
  return number === undefined || listensAt(openPart, target, number) ? undefined : number;
}

function listensAt(openPart: OpenPart, { service, protocol }: TunnelTarget, port: number): boolean {
  const expose = openPart.services.find(({ name }) => name === service)?.expose ?? [];
  return expose.some(
    (entry) =>
      !entry.usePublicPort &&
      (entry.protocol === "udp") === (protocol === "udp") &&
      port >= entry.firstPort &&
      port <= entry.lastPort,
  );
}

/**
 * Port on which the container listens for its tenant alone, or undefined when its service does not expose it. Ports of
 * every `expose` entry count, whoever else may reach them: the tenant wrote them down, and nothing else is opened.
 */
export function privatePortOf(
  openPart: OpenPart,
  target: Omit<TunnelTarget, "protocol">,
  endpoints: readonly Endpoint[],
): number | undefined {
  const { service, replica, port } = target;
  const run = exposedTcpPortsOf(openPart).find(
    (entry) =>
      entry.service === service &&
      replica < entry.replicas &&
      port >= entry.firstPort &&
      port <= entry.lastPort,
  );
  if (run?.usePublicPort !== true) return run === undefined ? undefined : port;
  return endpoints.find((door) => door.service === service && door.replica === replica && door.port === port)
    ?.publicPort;
}
