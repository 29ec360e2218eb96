import { ProtocolError } from "../errors/index.ts";

const OTHERS = 0o077;
/** The bits of an access list as `stat` shows them: systemd lets the service read a file of root by one. */
const READ_BY_LIST = 0o040;

/**
 * Refuses a file with a secret that others may read.
 *
 * @param stat `uid` is its owner where an access list of root's file may name this account; undefined where not.
 * @param self Account that reads it.
 * @throws ProtocolError CONFIG_INVALID
 */
export function requirePrivate(
  path: string,
  { mode, uid }: { readonly mode: number; readonly uid: number | undefined },
  self = process.getuid?.(),
): void {
  const isListed = uid === 0 && self !== 0;
  const loose = mode & OTHERS & (isListed ? ~READ_BY_LIST : ~0);
  if (loose !== 0)
    throw new ProtocolError("CONFIG_INVALID", `Others may read ${path}. Run: chmod 600 ${path}`);
}
