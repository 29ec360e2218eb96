/** How a request came to the gateway. */
export interface Arrival {
  /** Address of the caller's connection. */
  readonly address: string;
  readonly secure: boolean;
  /** Port that the caller spoke to. */
  readonly port: number;
}

/**
 * Headers that tell the container who called, as name, value, name, value: `Forwarded` (RFC 7239) and what is usual
 * beside it. They are the gateway's own word: what the caller sent under these names is dropped before.
 *
 * @param host Host as the caller wrote it, with its port.
 */
export function forwardedHeaders({ address, secure, port }: Arrival, host: string): string[] {
  const caller = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  const proto = secure ? "https" : "http";
  const node = caller.includes(":") ? `"[${caller}]"` : caller;
  return [
    "X-Forwarded-For",
    caller,
    "X-Forwarded-Proto",
    proto,
    "X-Forwarded-Host",
    host,
    "X-Forwarded-Port",
    String(port),
    "X-Real-IP",
    caller,
    "Forwarded",
    `for=${node};host="${host}";proto=${proto}`,
  ];
}
