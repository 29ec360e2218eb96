import { existsSync } from "node:fs";

/** Whether programs can come from Debian's archive: a machine that is none of Debian's has to bring its own. */
export function canFetchPrograms(): boolean {
  return existsSync("/usr/bin/apt-get");
}
