/** Writes the scripted history into a database from where it stands, telling each batch before it begins: to be killed. */
import { writeSync } from "node:fs";
import { ORIGIN } from "./history-events.ts";
import { historyScript } from "./history-script.ts";
import { openHistoryStore, type StorePlace } from "./history-store-at.ts";

const [place = "", seed = ""] = process.argv.slice(2);
const { history } = await openHistoryStore(JSON.parse(place) as StorePlace);
const store = history();
const script = historyScript(Number(seed));
if ((await store.checkpoint()) === undefined) await store.begin(ORIGIN);
const at = await store.checkpoint();
const next = script.findIndex(({ expected }) => expected.hash === at?.hash);
for (const [offset, batch] of script.slice(next < 0 ? script.length : next).entries()) {
  writeSync(1, `${next + offset}\n`);
  if (!(await store.append(batch))) throw new Error(`batch ${next + offset} found another place`);
}
writeSync(1, "done\n");
process.exit(0);
