import { delimiter } from "node:path";

/** Where Debian keeps iptables, sysctl, dockerd and what it calls; not on everybody's PATH. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** PATH with the folders of the system's programs behind it. */
export function withSystemPath(path = ""): string {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return [...new Set([...folders, ...SYSTEM_FOLDERS])].join(delimiter);
}
