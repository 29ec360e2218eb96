/** Where a request of HTTP/1.1 is for: its authority and its path. */
export interface RequestTarget {
  readonly authority: string;
  readonly path: string;
}

const SLASH = 0x2f;

/**
 * Reads origin-form, absolute-form and asterisk-form (RFC 9112, 3.2). In absolute-form the authority of the target
 * replaces the Host header.
 *
 * @returns undefined for a target that is none of them, or a request without a host.
 */
export function requestTarget(target: string, host: string | undefined): RequestTarget | undefined {
  if (target.charCodeAt(0) === SLASH || target === "*")
    return host === undefined || host === "" ? undefined : { authority: host, path: target };
  const found = /^https?:\/\/([^/?#@]+)([/?][^#]*)?$/i.exec(target);
  const authority = found?.[1];
  if (authority === undefined) return undefined;
  const path = found?.[2] ?? "/";
  return { authority, path: path.startsWith("/") ? path : `/${path}` };
}
