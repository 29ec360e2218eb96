import { type ContainerSpec } from "./workload.ts";

const DOCKER_HUB = "docker.io";
const HUB_HOSTS = new Set([DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

/** Reference for a pull: always with a tag or a digest, since without one the engine pulls every tag. */
export function pullReferenceOf(image: string): string {
  const [name = image, digest] = image.split("@");
  const slash = name.lastIndexOf("/");
  const colon = name.indexOf(":", slash + 1);
  const bare = colon === -1 ? name : name.slice(0, colon);
  if (digest !== undefined) return `${bare}@${digest}`;
  return colon === -1 ? `${name}:latest` : name;
}

/** Names that the engine itself takes for Docker Hub's. */
const HUB_NAMES = new Set([DOCKER_HUB, "index.docker.io"]);

/**
 * The one name of what a reference means: host, path, and tag or digest. No engine takes it for the id of an image,
 * as it would take `sha256:<id>` or `0123abcd`.
 */
export function canonicalReference(image: string): string {
  const reference = pullReferenceOf(image);
  const host = hostOf(reference);
  if (host !== undefined && !HUB_NAMES.has(host)) return reference;
  const path = host === undefined ? reference : reference.slice(host.length + 1);
  return path.includes("/") ? `${DOCKER_HUB}/${path}` : `${DOCKER_HUB}/library/${path}`;
}

/** Whether a reference names content, not a tag that may move. */
export function isPinned(reference: string): boolean {
  return reference.includes("@");
}

/** The reference of the same repository by digest. @param digest `sha256:` and 64 hex digits */
export function withDigest(canonical: string, digest: string): string {
  const [name = canonical] = canonical.split("@");
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return `${colon === -1 ? name : name.slice(0, colon)}@${digest}`;
}

/** Host from which an image comes. */
export function registryOf(image: string): string {
  const host = hostOf(image);
  return host === undefined ? DOCKER_HUB : normalizedHost(host);
}

/** As it is written; undefined where it is left out. */
function hostOf(image: string): string | undefined {
  const first = image.split("/")[0] ?? "";
  const isHost = image.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  return isHost ? first : undefined;
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** Credentials for a pull; undefined when there are none, or when they are for another registry. */
export function registryAuthOf({
  image,
  credentials,
}: Pick<ContainerSpec, "image" | "credentials">): RegistryAuth | undefined {
  if (credentials === null) return undefined;
  const host = normalizedHost(credentials.registry);
  if (host !== registryOf(image)) return undefined;
  const serveraddress = host === DOCKER_HUB ? "https://index.docker.io/v1/" : host;
  return { username: credentials.username, password: credentials.password, serveraddress };
}

function normalizedHost(text: string): string {
  const host =
    text
      .toLowerCase()
      .replace(/^https?:\/\//, "")
      .split("/")[0] ?? "";
  return HUB_HOSTS.has(host) ? DOCKER_HUB : host;
}
