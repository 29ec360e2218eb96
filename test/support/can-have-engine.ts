import { findEngine } from "../../scripts/lib/docker/find-engine.ts";
import { findDockerd } from "../../scripts/lib/docker/start-dockerd.ts";

/** Whether a script of ours would find a Docker Engine here, or start one. */
export async function canHaveEngine(): Promise<boolean> {
  return (await findEngine()) !== undefined || (process.getuid?.() === 0 && findDockerd() !== undefined);
}
