import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { callEngine } from "../call-engine.ts";
import { LABEL } from "../labels.ts";
import { readable } from "../readable.ts";

/** Before a machine whose engine was lost is watched again, in milliseconds. */
const AGAIN_MS = 5_000;

interface Watch {
  readonly node: string;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

/**
 * Calls back when a container of the node changes on a machine whose engine is reached, or a machine comes or goes. What
 * happens on the others is seen when the agent looks next.
 *
 * @param engines The manager's first: the watch ends with it.
 */
export async function watchEngines([manager, ...others]: readonly Docker[], watch: Watch): Promise<void> {
  if (manager === undefined) return;
  const over = new AbortController();
  const signal = AbortSignal.any([watch.signal, over.signal]);
  for (const engine of others) void followOn(engine, containersOf(watch.node), { ...watch, signal });
  try {
    await Promise.race([
      follow(manager, { type: ["node"] }, { ...watch, signal }),
      followLoudly(manager, containersOf(watch.node), { ...watch, signal }),
    ]);
  } finally {
    over.abort();
  }
}

type Filters = NonNullable<Docker.GetEventsOptions["filters"]>;

function containersOf(node: string): Filters {
  return { type: ["container"], label: [`${LABEL.node}=${node}`], event: ["die", "start", "destroy", "oom"] };
}

/** Also after it was gone for a while. */
async function followOn(engine: Docker, filters: Filters, watch: Watch): Promise<void> {
  while (!watch.signal.aborted) {
    await follow(engine, filters, watch);
    await delay(AGAIN_MS, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}

/** Ends when the engine is gone, without an error: whoever watches looks then anyway. */
async function follow(engine: Docker, filters: Filters, watch: Watch): Promise<void> {
  await followLoudly(engine, filters, watch).catch(() => undefined);
}

/** @throws ProtocolError as Engine */
async function followLoudly(
  engine: Docker,
  filters: Filters,
  { onChange, signal }: Omit<Watch, "node">,
): Promise<void> {
  const stream = readable(await callEngine("Watching", async () => await engine.getEvents({ filters })));
  await new Promise<void>((resolve) => {
    stream.on("data", onChange);
    stream.once("error", () => {
      resolve();
    });
    stream.once("close", resolve);
    if (signal.aborted) stream.destroy();
    signal.addEventListener("abort", () => stream.destroy(), { once: true });
  });
}
