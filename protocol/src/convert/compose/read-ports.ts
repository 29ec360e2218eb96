import { type DraftExpose } from "../draft.ts";
import { type Spot } from "../spot.ts";
import { knownPortOf } from "./known-ports.ts";

interface Run {
  readonly first: number;
  readonly last: number;
}

interface Port {
  readonly container: Run;
  readonly published: Run | null;
  readonly protocol: string | undefined;
  readonly hostIp: string;
}

const FORM = 'a port such as "8080:80", "127.0.0.1:5000:5000/udp" or "3000-3005"';

/** Who may reach a service besides the world. */
export interface Reachers {
  /** Services that name it. */
  readonly naming: readonly string[];
  /** Services on its networks. */
  readonly near: readonly string[];
}

/** Doors of a service: what it publishes, and what the services on its networks may reach. */
export function readPorts(service: Spot, reachers: Reachers): DraftExpose[] {
  const published = service.find("ports")?.each() ?? [];
  const exposed = service.find("expose")?.each() ?? [];
  const doors = [
    ...published.flatMap((spot) => readPublished(spot, reachers)),
    ...exposed.flatMap((spot) => readExposed(spot, reachers.near)),
  ];
  const isSilent = published.length + exposed.length === 0;
  return isSilent ? guessPort(service, reachers.near) : doors;
}

function readPublished(spot: Spot, { naming, near }: Reachers): DraftExpose[] {
  const port = spot.text === undefined ? readLong(spot) : parseShort(spot.text);
  if (port === undefined) {
    spot.unreadable(FORM);
    return [];
  }
  const isLocal = /^(?:127\.|localhost$|\[?::1\]?$)/.test(port.hostIp);
  if (isLocal) {
    const done = near.length === 0 ? "left out" : "open to the other services only";
    spot.note("CONVERT_PORT_LOCAL", {
      ...atPort(spot, port),
      done,
      message: "This port is for your own machine only.",
    });
    if (near.length === 0) return [];
  }
  return [{ ...doorOf(spot, port), global: !isLocal, services: isLocal ? near : naming }];
}

function readExposed(spot: Spot, reachers: readonly string[]): DraftExpose[] {
  const port = parseShort(spot.text ?? "");
  if (port?.published !== null) {
    spot.unreadable('a port such as "3000" or "8000-8010/udp"');
    return [];
  }
  return reachers.length === 0 ? [] : [{ ...doorOf(spot, port), global: false, services: reachers }];
}

function atPort(spot: Spot, { container }: Port): { found: string } {
  return { found: spot.text ?? String(container.first) };
}

function doorOf(spot: Spot, { container, published, protocol }: Port): DraftExpose {
  const as = published === null || published.first === container.first ? null : published.first;
  return {
    spot,
    ...container,
    as,
    // TCP is what Compose takes when nothing is said.
    protocol: protocol === "udp" ? protocol : null,
    global: false,
    services: [],
    accept: [],
    httpOptions: null,
    note: null,
  };
}

/** `[[HOST_IP:]PUBLISHED:]CONTAINER[/PROTOCOL]` */
function parseShort(text: string): Port | undefined {
  const match =
    /^(?:(\[[0-9A-Fa-f:]{2,45}\]|[0-9A-Za-z.]{1,64}):(?=[^:]*:))?(?:([0-9-]{0,11}):)?([0-9-]{1,11})(?:\/(tcp|udp))?$/.exec(
      text.trim().toLowerCase(),
    );
  const container = parseRun(match?.[3]);
  const published = match?.[2] === undefined || match[2] === "" ? null : parseRun(match[2]);
  if (match === null || container === undefined || published === undefined) return undefined;
  return fit({ container, published, protocol: match[4], hostIp: match[1] ?? "" });
}

function readLong(spot: Spot): Port | undefined {
  const textOf = (name: string): string => spot.find(name)?.text ?? "";
  const container = parseRun(textOf("target"));
  const given = textOf("published");
  const published = given === "" ? null : parseRun(given);
  const protocol = textOf("protocol").toLowerCase();
  if (container === undefined || published === undefined || !["", "tcp", "udp"].includes(protocol))
    return undefined;
  return fit({ container, published, protocol, hostIp: textOf("host_ip") });
}

/** A published range for one container port means: any of them. Two ranges have one length. */
function fit(port: Port): Port | undefined {
  const { container, published } = port;
  if (published === null || container.first === container.last) return port;
  return published.last - published.first === container.last - container.first ? port : undefined;
}

function parseRun(text: string | undefined): Run | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? "");
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : undefined;
}

/** A database that publishes nothing is still meant to be reached by the services beside it. */
function guessPort(service: Spot, reachers: readonly string[]): DraftExpose[] {
  const image = service.find("image");
  const port = knownPortOf(image?.text ?? "");
  if (image === undefined || port === undefined || reachers.length === 0) return [];
  image.note("CONVERT_PORT_GUESSED", {
    done: `port ${port} is open to ${reachers.join(", ")}`,
    message:
      "The source does not say on which port this service listens; this is the usual one of the image.",
  });
  const container = { first: port, last: port };
  const door = doorOf(image, { container, published: null, protocol: undefined, hostIp: "" });
  return [{ ...door, services: reachers }];
}
