import { type ContainerSpec } from "../domain/workload.ts";

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

/** Host from which an image comes. */
export function registryOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  const isHost = image.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  return isHost ? normalizedHost(first) : DOCKER_HUB;
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
