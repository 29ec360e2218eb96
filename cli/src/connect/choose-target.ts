import { ProtocolError } from "@fizz/protocol/errors";
import { type ExposedPorts, exposedTcpPortsOf, type OpenPart } from "@fizz/protocol/manifest";
import { type ConnectTarget } from "@fizz/protocol/messages";

export interface Wish {
  readonly port: number;
  /** The only one that exposes the port, when it is not named. */
  readonly service: string | undefined;
  readonly replica: number;
}

/**
 * The container that is meant.
 *
 * @throws ProtocolError SERVICE_UNKNOWN with what there is; USAGE when several services expose the port.
 */
export function chooseTarget(openPart: OpenPart, { port, service, replica }: Wish): ConnectTarget {
  const all = exposedTcpPortsOf(openPart);
  const found = all.filter(
    (run) =>
      port >= run.firstPort && port <= run.lastPort && (service === undefined || run.service === service),
  );
  const [first, second] = found;
  if (first === undefined) {
    const who = service === undefined ? "No service" : `No service "${service}"`;
    throw new ProtocolError("SERVICE_UNKNOWN", `${who} exposes TCP port ${port}. There is: ${listOf(all)}.`);
  }
  if (second !== undefined) {
    const message = `Several services expose port ${port}: ${listOf(found)}. Name one with --service.`;
    throw new ProtocolError("USAGE", message);
  }
  if (replica >= first.replicas) {
    const message = `Service "${first.service}" has ${first.replicas} of them, numbered from 0.`;
    throw new ProtocolError("SERVICE_UNKNOWN", `There is no replica ${replica}. ${message}`);
  }
  return { service: first.service, replica, port };
}

function listOf(runs: readonly ExposedPorts[]): string {
  if (runs.length === 0) return "no TCP port";
  return runs
    .map(({ service, firstPort, lastPort }) =>
      firstPort === lastPort ? `${service}:${firstPort}` : `${service}:${firstPort}-${lastPort}`,
    )
    .join(", ");
}
