/** Headers of one hop (RFC 9110, 7.6.1). */
const ONE_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);
/** What the gateway writes itself. */
const OWN = new Set(["host", "expect", "forwarded", "x-real-ip"]);
const OWN_PREFIX = "x-forwarded-";
const ESSENTIAL = new Set(["content-length", "cookie", "authorization", "set-cookie", "content-type"]);
const COLON = 0x3a;
/** Fields that would change the framing or the routing of the message that they follow (RFC 9110, 6.5.1). */
const NOT_IN_TRAILERS = new Set([
  ...ONE_HOP,
  ...OWN,
  "content-length",
  "trailer",
  "content-type",
  "authorization",
]);

/** Headers as they came and as they are written: name, value, name, value. */
export type HeaderList = readonly string[];

/** What of a request's headers the container gets. Pseudo-headers of HTTP/2 are left out, cookies joined. */
export function requestHeaders(raw: HeaderList): string[] {
  const kept: string[] = [];
  let cookie = "";
  let named: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "cookie") cookie = cookie === "" ? value : `${cookie}; ${value}`;
    else if (lower === "connection") named = withNamed(named, value);
    else if (mayPass(lower)) kept.push(name, value);
  }
  if (cookie !== "") kept.push("Cookie", cookie);
  return named === undefined ? kept : without(kept, named);
}

/** What of a container's headers the public gets. */
export function responseHeaders(raw: HeaderList): string[] {
  const kept: string[] = [];
  let named: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "connection") named = withNamed(named, value);
    else if (!ONE_HOP.has(lower)) kept.push(name, value);
  }
  return named === undefined ? kept : without(kept, named);
}

/** Trailers that may follow a message, as pairs. */
export function trailerPairs(raw: HeaderList): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const lower = name.toLowerCase();
    if (!NOT_IN_TRAILERS.has(lower) && !lower.startsWith(OWN_PREFIX))
      pairs.push([name, raw[index + 1] ?? ""]);
  }
  return pairs;
}

function mayPass(lower: string): boolean {
  if (ONE_HOP.has(lower) || OWN.has(lower)) return false;
  return lower.charCodeAt(0) !== COLON && !lower.startsWith(OWN_PREFIX);
}

/** Headers that a Connection header declares to be of this hop alone. */
function withNamed(named: Set<string> | undefined, connection: string): Set<string> | undefined {
  if (connection === "keep-alive" || connection === "close") return named;
  const all = named ?? new Set();
  for (const name of connection.toLowerCase().split(",")) all.add(name.trim());
  return all;
}

function without(list: HeaderList, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? "";
    // What frames a message, and for whom it is, no other header may take away.
    if (!names.has(name.toLowerCase()) || ESSENTIAL.has(name.toLowerCase()))
      kept.push(name, list[index + 1] ?? "");
  }
  return kept;
}
