import { MAX_LIST_ITEMS } from "../../manifest/limits.ts";
import { HOST_NAME } from "../../manifest/patterns.ts";
import { type DraftExpose } from "../draft.ts";
import { type Spot } from "../spot.ts";
import { readHttpOptions } from "./read-http-options.ts";

/** What a service exposes. */
export function readDoors(service: Spot, names: ReadonlyMap<string, string>): DraftExpose[] {
  const others = new Map([...names].filter(([name]) => name !== service.name));
  return service.itemsAt("expose").flatMap((spot) => {
    const port = readPort(spot.find("port"));
    if (port === null) {
      spot.note("CONVERT_VALUE_DROPPED", {
        done: "left out",
        message: "port should be a number from 1 to 65535.",
      });
      return [];
    }
    const targets = spot.find("to")?.items() ?? [];
    for (const target of targets) reportTarget(target);
    const global = targets.some((target) => target.find("global")?.text === "true");
    const services = targets.flatMap((target) => readService(target.find("service"), others));
    if (!global && services.length === 0) {
      spot.note("CONVERT_VALUE_DROPPED", {
        found: `port ${port}`,
        done: "left out",
        message: "Nobody may connect to this port.",
      });
      return [];
    }
    return [
      {
        spot,
        first: port,
        last: port,
        as: readPort(spot.find("as")),
        protocol: readProtocol(spot.find("proto")),
        global,
        services: [...new Set(services)],
        accept: readHosts(spot.find("accept")),
        httpOptions: readHttpOptions(spot.find("http_options")),
        note: null,
      },
    ];
  });
}

function readPort(spot: Spot | undefined): number | null {
  if (spot === undefined) return null;
  const port = /^\d{1,5}$/.test(spot.text ?? "") ? Number(spot.text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  // Zero means: the same as port.
  if (spot.text !== "0") spot.unreadable("a number from 1 to 65535");
  return null;
}

function readProtocol(spot: Spot | undefined): DraftExpose["protocol"] {
  const text = spot?.text?.toLowerCase();
  if (text === "tcp" || text === "udp") return text;
  if (text !== undefined && text !== "http" && text !== "https") spot?.unreadable("tcp or udp");
  return null;
}

function readService(spot: Spot | undefined, names: ReadonlyMap<string, string>): string[] {
  if (spot === undefined) return [];
  const name = names.get(spot.text ?? "");
  if (name !== undefined) return [name];
  spot.unreadable("the name of another deployed service");
  return [];
}

function reportTarget(target: Spot): void {
  const message =
    "Leased addresses of another network are not carried over; the endpoint gets a public port.";
  target.find("ip")?.note("CONVERT_FIELD_DROPPED", { done: "left out", message });
}

function readHosts(spot: Spot | undefined): string[] {
  const hosts = (spot?.each() ?? []).flatMap((item) => {
    const host = item.text?.toLowerCase() ?? "";
    if (host.length <= 253 && HOST_NAME.test(host)) return [host];
    item.unreadable("a host name such as www.example.org");
    return [];
  });
  return [...new Set(hosts)].slice(0, MAX_LIST_ITEMS);
}
