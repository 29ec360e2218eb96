import { type Logger } from "../observability/logger.ts";
import { type Engine } from "../ports.ts";

const REMOVE_TIMEOUT_MS = 30_000;
const REMOVE_GRACE_SECONDS = 2;

/** Ends and removes every container of this node: for development networks, whose chain ends with them. Never throws. */
export async function removeAll(engine: Engine, log: Logger): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
  try {
    const containers = await engine.observe(signal);
    await Promise.all(
      containers.map(async ({ id }) => {
        await engine.stop(id, REMOVE_GRACE_SECONDS, signal);
        await engine.remove(id, signal);
      }),
    );
    for (const leaseHash of new Set(containers.map((container) => container.leaseHash)))
      await engine.removeLease(leaseHash, signal);
  } catch (error) {
    log.warn({ event: "remove.failed", error }, "Not everything could be removed at exit.");
  }
}
