/** URL of a host, which may be an IPv6 address, and a port. */
export function baseUrl(scheme: "http" | "https" | "udp", host: string, port: number): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
