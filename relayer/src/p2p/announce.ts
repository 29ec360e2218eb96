import { isIP } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";

/** Addresses that listen everywhere, and therefore say nothing to others. */
const ANY = new Set(["0.0.0.0", "::"]);

export interface AnnounceInput {
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly publicHost: string;
}

/**
 * What the host tells others. Without a wish, each address that listens everywhere is announced under the public
 * host: libp2p leaves public addresses out until somebody confirmed them. Empty for what the host finds itself.
 */
export function announcedAddresses({ listen, announce, publicHost }: AnnounceInput): string[] {
  if (announce.length > 0) return [...announce];
  const known = listen.map((text) => withHost(text, publicHost));
  return known.every((text) => text !== undefined) ? known : [];
}

function withHost(listen: string, publicHost: string): string | undefined {
  const [first, ...rest] = multiaddr(listen).getComponents();
  const port = rest.find((component) => component.name === "tcp")?.value;
  if (first?.value === undefined || port === undefined || port === "0") return undefined;
  if (!ANY.has(first.value)) return listen;
  const tail = rest
    .map(({ name, value }) => (value === undefined ? `/${name}` : `/${name}/${value}`))
    .join("");
  return `/${hostProtocol(publicHost)}/${publicHost}${tail}`;
}

function hostProtocol(host: string): string {
  const version = isIP(host);
  return version === 0 ? "dns" : `ip${version}`;
}
