import { exposedTcpPortsOf, type OpenPart, publicEndpointsOf } from "@fizz/protocol/manifest";
import { type DoorRequest, type Endpoint, type Transport } from "@fizz/protocol/messages";

/** The public ports that a manifest asks for: one per replica and port that is open to everybody. */
export function doorRequestsOf(openPart: OpenPart): DoorRequest[] {
  return publicEndpointsOf(openPart).map(
    ({ service, replica, port, protocol, wish, group, proxyProtocol }) => ({
      service,
      replica,
      port,
      protocol,
      wish,
      ...(group === null ? {} : { group }),
      ...(proxyProtocol === null ? {} : { proxyProtocol }),
    }),
  );
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
 * With `use_public_port` that is the number the public sees.
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
  return door.usePublicPort ? endpoints.find(isTarget)?.publicPort : door.port;
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
