import { ProtocolError } from "@fizz/protocol/errors";
import { type DoorsRequest, type Endpoint } from "@fizz/protocol/messages";
import { type Door } from "../ports.ts";
import { baseUrl } from "./base-url.ts";
import { doorKey } from "./door-allocation.ts";

/** Container ports that usually speak TLS, for the URL that is shown. */
const TLS_PORTS = new Set([443, 8443]);

/** @throws ProtocolError INPUT_INVALID */
export function checkDoors({ doors }: DoorsRequest): void {
  if (new Set(doors.map(doorKey)).size !== doors.length)
    throw new ProtocolError("INPUT_INVALID", "The same door is asked for twice.");
}

/** How a door is shown to people. */
export function endpointOf(door: Door, host: string): Endpoint {
  const { service, replica, port, protocol, publicPort } = door;
  const scheme = protocol === "udp" ? "udp" : TLS_PORTS.has(port) ? "https" : "http";
  const url = baseUrl(scheme, host, publicPort);
  return { service, replica, port, protocol, host, publicPort, url };
}
