import { Fields } from "./fields.ts";
import { DEFAULT_HTTP_OPTIONS, HTTP_LIMITS, NEXT_CASES } from "./http-options.ts";
import { MAX_LIST_ITEMS } from "./limits.ts";
import { HOST_NAME, LABEL, SERVICE_NAME } from "./patterns.ts";
import { type Place } from "./place.ts";
import { parsePortRange } from "./quantities.ts";
import {
  readBoolean,
  readChoice,
  readList,
  readMatching,
  readWhole,
  reportForm,
  reportType,
} from "./readers.ts";
import { EXPOSE, HTTP_OPTIONS, TARGET } from "./shapes.ts";
import {
  type Expose,
  type ExposeTarget,
  type HttpOptions,
  type PortRange,
  type ProxyProtocol,
} from "./types.ts";

export function readExpose(place: Place): Expose {
  const fields = new Fields(place, EXPOSE);
  if (fields.find("port") === undefined && fields.find("port_range") === undefined && place.kind === "a map")
    fields.missing("port");
  const expose = {
    port: fields.optional("port", readPort, null),
    as: fields.optional("as", readPort, null),
    portRange: fields.optional("port_range", readPortRange, null),
    portRangeAs: fields.optional("port_range_as", readPortRange, null),
    usePublicPort: fields.optional("use_public_port", readBoolean, false),
    protocol: fields.optional("proto", readProtocol, null),
    accept: fields.optional("accept", (value) => readList(value, MAX_LIST_ITEMS, readHostName), []),
    to: fields.optional("to", readTargets, []),
    httpOptions: fields.optional("http_options", readHttpOptions, null),
    proxyProtocol: fields.optional("proxy_protocol", readProxyProtocol, null),
  };
  checkPairs(fields, expose);
  return expose;
}

function readPort(place: Place): number {
  return readWhole(place, { min: 1, max: 65_535, code: "MANIFEST_PORT_INVALID" });
}

function readPortRange(place: Place): PortRange | null {
  const allowed = "a range such as 8443-8445, both ends from 1 to 65535";
  if (place.text === undefined) {
    reportType(place, allowed);
    return null;
  }
  const range = parsePortRange(place.text);
  if (range === undefined) reportForm(place, "MANIFEST_RANGE_INVALID", { allowed });
  return range ?? null;
}

function readProtocol(place: Place): "tcp" | "udp" | null {
  const text = place.text?.toLowerCase();
  if (text === "tcp" || text === "udp") return text;
  return readChoice(place, ["tcp", "udp"]);
}

function readProxyProtocol(place: Place): ProxyProtocol | null {
  return readChoice(place, ["v1", "v2"]);
}

function readHostName(place: Place): string {
  const text = place.text?.toLowerCase();
  if (text !== undefined && HOST_NAME.test(text)) return text;
  return readMatching(place, {
    code: "MANIFEST_HOST_INVALID",
    pattern: HOST_NAME,
    allowed: "a host name such as www.example.org",
  });
}

function readTargets(place: Place): ExposeTarget[] {
  const targets = readList(place, MAX_LIST_ITEMS, readTarget);
  const reachesSomebody = targets.some((target) => target.global || target.service !== null);
  if (!reachesSomebody && place.kind === "a list")
    place.report("MANIFEST_TO_INVALID", {
      found: "neither global: true nor a service",
      allowed: "global: true, or service: <name>",
      message: "Nobody may connect to this port. Say global: true, or name a service.",
    });
  return targets;
}

function readTarget(place: Place): ExposeTarget {
  const fields = new Fields(place, TARGET);
  return {
    global: fields.optional("global", readBoolean, false),
    service: fields.optional("service", readServiceName, null),
    ip: fields.optional("ip", readIpName, null),
  };
}

function readServiceName(place: Place): string {
  const allowed = "the name of a service of this manifest";
  return readMatching(place, { code: "MANIFEST_NAME_INVALID", pattern: SERVICE_NAME, allowed });
}

function readIpName(place: Place): string {
  return readMatching(place, { code: "MANIFEST_NAME_INVALID", pattern: LABEL, allowed: "a short name" });
}

function readHttpOptions(place: Place): HttpOptions {
  const fields = new Fields(place, HTTP_OPTIONS);
  const whole = (max: number) => (value: Place) => readWhole(value, { min: 0, max });
  const standard = DEFAULT_HTTP_OPTIONS;
  return {
    maxBodySize: fields.optional("max_body_size", whole(HTTP_LIMITS.maxBodySize), standard.maxBodySize),
    readTimeout: fields.optional("read_timeout", whole(HTTP_LIMITS.timeout), standard.readTimeout),
    sendTimeout: fields.optional("send_timeout", whole(HTTP_LIMITS.timeout), standard.sendTimeout),
    nextTries: fields.optional("next_tries", whole(HTTP_LIMITS.tries), standard.nextTries),
    nextTimeout: fields.optional("next_timeout", whole(HTTP_LIMITS.timeout), standard.nextTimeout),
    nextCases: fields.optional("next_cases", readNextCases, standard.nextCases),
  };
}

function readNextCases(place: Place): string[] {
  const cases = readList(place, NEXT_CASES.length, (item) => readChoice(item, NEXT_CASES) ?? "");
  if (cases.includes("off") && cases.length > 1)
    place.report("MANIFEST_VALUE_NOT_ALLOWED", {
      found: cases.join(", "),
      allowed: "off alone, or the other cases",
      message: '"off" stands alone: remove it, or remove the other cases.',
    });
  return cases;
}

function checkPairs(fields: Fields<keyof typeof EXPOSE>, expose: Expose): void {
  const asPlace = fields.find("as");
  if (asPlace !== undefined && fields.find("port") === undefined)
    reportForm(asPlace, "MANIFEST_PORT_INVALID", { allowed: "used together with port" });
  const rangeAsPlace = fields.find("port_range_as");
  if (rangeAsPlace === undefined) return;
  if (fields.find("port_range") === undefined)
    reportForm(rangeAsPlace, "MANIFEST_RANGE_INVALID", { allowed: "used together with port_range" });
  const { portRange, portRangeAs } = expose;
  if (portRange === null || portRangeAs === null) return;
  const length = portRange.last - portRange.first;
  if (portRangeAs.last - portRangeAs.first === length) return;
  const last = portRangeAs.first + length;
  reportForm(rangeAsPlace, "MANIFEST_RANGE_MISMATCH", {
    allowed: `a range of ${length + 1} ports, as long as port_range`,
    suggestion: last <= 65_535 ? `${portRangeAs.first}-${last}` : undefined,
  });
}
