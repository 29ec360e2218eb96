import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What agents write into their data folder. Anything else there is the owner's. */
const OWN_FILES =
  /^(operator\.key|operator\.sock|lock\.db|benchmark\.tmp|state\.db(-wal|-shm|-journal)?|state\.db\.new(-wal|-shm|-journal)?)$/;

/** Names in a data folder: those of an agent, and others. */
export function dataFilesOf(dataDir: string): { readonly own: string[]; readonly others: string[] } {
  const names = existsSync(dataDir) ? readdirSync(dataDir).sort() : [];
  return {
    own: names.filter((name) => OWN_FILES.test(name)),
    others: names.filter((name) => !OWN_FILES.test(name)),
  };
}

/** Removes an agent's files, and the folder when nothing else is in it. @throws an error of node:fs */
export function deleteDataFiles(dataDir: string): void {
  const { own, others } = dataFilesOf(dataDir);
  for (const name of own) rmSync(join(dataDir, name), { force: true });
  if (others.length === 0) rmdirSync(dataDir);
}
