import { type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { type Dockerd, findDockerd, startDockerd } from "../../../scripts/lib/docker/start-dockerd.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { createNetnsLab, type NetnsLab } from "./netns-lab.ts";

/** Hosts in namespaces of their own, and on the node's an engine that nobody else uses: a test may break it. */
export interface EngineLab extends Stoppable {
  readonly places: NetnsLab;
  readonly engine: Dockerd;
}

/** Its containers outlive it until it is restarted otherwise. Needs what `whyNoNatNetwork` looks for. */
export async function startEngineLab(): Promise<EngineLab> {
  return await withCleanupOnFailure(async (cleanup) => {
    const places = cleanup.use("lab", await createNetnsLab());
    const engine = cleanup.use(
      "node's engine",
      await startDockerd(findDockerd() ?? "", {
        dataDir: inRoot(".fizz/docker-lab"),
        place: places.node,
        liveRestore: true,
      }),
    );
    return { places, engine, stop: () => cleanup.stop() };
  });
}
