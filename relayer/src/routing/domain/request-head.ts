import { readFields } from "./http-fields.ts";

/** A request that asks for nothing special: one Host, a path, a body of a known length or none. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly host: string;
  readonly accept: string | undefined;
  /** Bytes of the body, when it says so. */
  readonly contentLength: number | undefined;
  /** Whether another request may follow. */
  readonly keepsAlive: boolean;
  /** The fields that a container gets as they came, each with its CRLF; Host is not among them. */
  readonly passed: string;
}

const LINE = /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/;
const LENGTH = /^\d{1,15}$/;
/** More than Node.js reads. */
const MAX_FIELDS = 1_000;
/** What the gateway writes itself. */
const OWN_PREFIX = "x-forwarded-";

/** Whether a field goes to the container, or not, or makes the request one for the long way. */
type Verdict = "pass" | "drop" | "special";
type Rule = (found: Found, value: string) => Verdict;

/**
 * Reads the head of a request of HTTP/1.1, strictly.
 *
 * @param text Up to and with the CRLF of its last line, with a character for each byte.
 * @returns undefined for what is malformed, ambiguous or special: Node's own parser is to see it.
 */
export function readRequestHead(text: string): RequestHead | undefined {
  const line = LINE.exec(text);
  if (line === null) return undefined;
  const fields = readFields(text, line[0].length);
  if (fields === undefined || fields.length > 2 * MAX_FIELDS) return undefined;
  const found = sort(fields);
  if (found?.host === undefined || found.host === "") return undefined;
  const { host, accept, contentLength, keepsAlive, passed } = found;
  return { method: line[1] ?? "", target: line[2] ?? "", host, accept, contentLength, keepsAlive, passed };
}

/** What is known of a request's fields so far. */
interface Found {
  host: string | undefined;
  accept: string | undefined;
  contentLength: number | undefined;
  keepsAlive: boolean;
  hasCookie: boolean;
  passed: string;
}

function sort(fields: readonly string[]): Found | undefined {
  const found: Found = {
    host: undefined,
    accept: undefined,
    contentLength: undefined,
    keepsAlive: true,
    hasCookie: false,
    passed: "",
  };
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    const lower = name.toLowerCase();
    const verdict = RULES.get(lower)?.(found, value) ?? (lower.startsWith(OWN_PREFIX) ? "drop" : "pass");
    if (verdict === "special") return undefined;
    if (verdict === "pass") found.passed += `${name}: ${value}\r\n`;
  }
  return found;
}

const once =
  (
    isKnown: (found: Found) => boolean,
    take: (found: Found, value: string) => void,
    verdict: Verdict = "pass",
  ): Rule =>
  (found, value) => {
    if (isKnown(found)) return "special";
    take(found, value);
    return verdict;
  };

/** By name in lower case; others pass. What comes twice and should not is for the long way, which knows what to do. */
const RULES = new Map<string, Rule>([
  [
    "host",
    once(
      ({ host }) => host !== undefined,
      (found, value) => (found.host = value),
      "drop",
    ),
  ],
  [
    "accept",
    once(
      ({ accept }) => accept !== undefined,
      (found, value) => (found.accept = value),
    ),
  ],
  [
    "cookie",
    once(
      ({ hasCookie }) => hasCookie,
      (found) => (found.hasCookie = true),
    ),
  ],
  [
    "content-length",
    (found, value) => {
      if (found.contentLength !== undefined || !LENGTH.test(value)) return "special";
      found.contentLength = Number(value);
      return "pass";
    },
  ],
  [
    "connection",
    (found, value) => {
      const lower = value.toLowerCase();
      if (lower === "close") found.keepsAlive = false;
      return lower === "close" || lower === "keep-alive" ? "drop" : "special";
    },
  ],
]);
// Other framing, leave to send, upgrades, trailers.
for (const name of ["transfer-encoding", "expect", "upgrade", "te", "http2-settings"])
  RULES.set(name, () => "special");
// Of one hop, or the gateway's own.
for (const name of ["keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"])
  RULES.set(name, () => "drop");
for (const name of ["forwarded", "x-real-ip"]) RULES.set(name, () => "drop");
