import { MAX_EXPOSE_ENTRIES } from "../../manifest/limits.ts";
import { modeTable } from "../../manifest/mode-table.ts";
import { type Mode } from "../../manifest/types.ts";
import { type DraftExpose } from "../draft.ts";

/** Longest range that is written out port by port. */
const MAX_WRITTEN_RANGE = 32;

/** Doors as a mode allows them, each container port once. */
export function fitDoors(doors: readonly DraftExpose[], mode: Mode): DraftExpose[] {
  const once = joinDoors(doors);
  const taken = new Set(once.map(({ first }) => first));
  const fitted = once.flatMap((door) => (mode === "fizz" ? fitFizz(door, taken) : fitProvider(door)));
  const joined = joinDoors(fitted);
  for (const door of joined.slice(MAX_EXPOSE_ENTRIES))
    door.spot.note("CONVERT_PORT_RANGE", {
      done: "left out",
      message: `A service exposes at most ${MAX_EXPOSE_ENTRIES} ports.`,
    });
  return joined.slice(0, MAX_EXPOSE_ENTRIES);
}

/** Two doors of one container port become one that is open to both. */
function joinDoors(doors: readonly DraftExpose[]): DraftExpose[] {
  const joined: DraftExpose[] = [];
  for (const door of doors) {
    const index = joined.findIndex((other) => overlaps(other, door));
    const other = joined[index];
    if (other === undefined) joined.push(door);
    else if (isWithin(door, other)) joined[index] = join(other, door);
    else reportTwice(door);
  }
  return joined;
}

function overlaps(left: DraftExpose, right: DraftExpose): boolean {
  const sameProtocol = (left.protocol === "udp") === (right.protocol === "udp");
  return sameProtocol && left.first <= right.last && right.first <= left.last;
}

function isWithin(inner: DraftExpose, outer: DraftExpose): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

function join(first: DraftExpose, second: DraftExpose): DraftExpose {
  const wishes = [first, second].filter(({ global }) => global).map(({ as, first: port }) => as ?? port);
  if (new Set(wishes).size > 1 && first.first === second.first) reportTwice(second);
  return {
    ...first,
    as: first.global ? first.as : first.first === second.first ? second.as : null,
    global: first.global || second.global,
    services: [...new Set([...first.services, ...second.services])],
    accept: [...new Set([...first.accept, ...second.accept])],
    httpOptions: first.httpOptions ?? second.httpOptions,
  };
}

function reportTwice({ spot, first }: DraftExpose): void {
  const message = "A container port has one public port, and another entry has it.";
  spot.note("CONVERT_PORT_TWICE", { found: `port ${first}`, done: "the other entry counts", message });
}

function fitFizz(door: DraftExpose, taken: Set<number>): DraftExpose[] {
  const fitted = { ...withoutHttp(door), as: fitWish(door) };
  const isRefused = modeTable.fizz.refusedPorts.some((port) => door.first <= port && port <= door.last);
  if (!isRefused) return [fitted];
  if (door.first === door.last) return [movePort(fitted, taken)];
  const message = "Ports 80 and 443 are not available in Fizz mode, and this range has one of them.";
  door.spot.note("CONVERT_PORT_CHANGED", { done: "left out", message });
  return [];
}

function withoutHttp(door: DraftExpose): DraftExpose {
  if (door.accept.length === 0 && door.httpOptions === null) return door;
  door.spot.note("CONVERT_HTTP_FIELD", {
    found: door.accept.join(", ").slice(0, 80) || "http_options",
    done: "left out",
    message: "Fizz mode has no host names of your own and no HTTP options.",
  });
  return { ...door, accept: [], httpOptions: null };
}

/** The wished public number, or null when the world cannot have it. */
function fitWish({ spot, first, last, as }: DraftExpose): number | null {
  if (as === null) return null;
  const end = as + last - first;
  const isRefused = modeTable.fizz.refusedPorts.some((port) => as <= port && port <= end);
  if (!isRefused && end <= 65_535) return as;
  spot.note("CONVERT_PORT_CHANGED", {
    found: `published as ${as}`,
    done: "any public port",
    message: "Ports 80 and 443 are not available in Fizz mode; the gateway gives another number.",
  });
  return null;
}

/** The program must listen elsewhere: on the published number when it is allowed, otherwise on the next free one. */
function movePort(door: DraftExpose, taken: Set<number>): DraftExpose {
  let port = door.as ?? (door.first === 80 ? 8_080 : 8_443);
  while (taken.has(port)) port = port === 65_535 ? 1_024 : port + 1;
  taken.add(port);
  door.spot.note("CONVERT_PORT_CHANGED", {
    found: `port ${door.first}`,
    done: `port ${port}`,
    message: `Port ${door.first} is not available in Fizz mode. Let the program listen on ${port}, or use provider mode.`,
  });
  return {
    ...door,
    first: port,
    last: port,
    as: null,
    note: `Let the program listen here instead of on ${door.first}.`,
  };
}

function fitProvider(door: DraftExpose): DraftExpose[] {
  return (door.last > door.first ? writeOut(door) : [door]).map(fitRouted);
}

/** Provider mode has no ranges: each port is an entry of its own. */
function writeOut(door: DraftExpose): DraftExpose[] {
  const length = door.last - door.first + 1;
  const isShort = length <= MAX_WRITTEN_RANGE;
  door.spot.note("CONVERT_PORT_RANGE", {
    found: `${door.first}-${door.last}`,
    done: isShort ? `${length} entries` : "left out",
    message: isShort
      ? "Provider mode has no port ranges: each port is an entry of its own."
      : `Provider mode has no port ranges, and ${length} ports are too many to write out. Fizz mode has ranges.`,
  });
  if (!isShort) return [];
  return Array.from({ length }, (_, offset) => ({
    ...door,
    first: door.first + offset,
    last: door.first + offset,
    as: door.as === null ? null : door.as + offset,
  }));
}

/** A web server on port 80 is reached by host name, whatever number it had on the own machine. */
function fitRouted(door: DraftExpose): DraftExpose {
  const { spot, first, as, global, protocol } = door;
  const isWeb = global && first === 80 && protocol !== "udp";
  if (isWeb && as !== null && as !== 443) {
    const message = "The gateway routes port 80 as HTTP by host name, with HTTPS in front of it.";
    spot.note("CONVERT_PORT_ROUTED", { found: `published as ${as}`, done: "public port 80", message });
    return { ...door, as: null };
  }
  if (isRouted(door) || (door.accept.length === 0 && door.httpOptions === null)) return door;
  const message = "Host names and HTTP options work on public ports 80 and 443, open to everybody.";
  spot.note("CONVERT_HTTP_FIELD", { found: `port ${as ?? first}`, done: "left out", message });
  return { ...door, accept: [], httpOptions: null };
}

function isRouted({ first, as, global, protocol }: DraftExpose): boolean {
  const wish = as ?? first;
  return global && protocol !== "udp" && (wish === 80 || (wish === 443 && protocol === null));
}
