import { pgliteEngine } from "../../../relayer/src/store/pglite-engine.ts";
import { type SqlEngine } from "../../../relayer/src/store/sql-engine.ts";
import { createTempDir, type TempDir } from "../../../scripts/lib/temp-dir.ts";

/** The embedded database in a folder that is made when it opens and goes when it closes. */
export function temporaryEngine(): SqlEngine {
  let open: { readonly folder: TempDir; readonly engine: SqlEngine } | undefined;
  return {
    open: async () => {
      const folder = await createTempDir("store");
      open = { folder, engine: pgliteEngine(folder.path) };
      return await open.engine.open();
    },
    close: async () => {
      await open?.engine.close();
      await open?.folder.stop();
      open = undefined;
    },
  };
}
