import { setTimeout as delay } from "node:timers/promises";
import { type OutputLine, type OutputQuery } from "../../ports.ts";
import { callEngine } from "../call-engine.ts";
import { openOutput } from "../open-output.ts";
import { readOutput } from "../output.ts";
import { type PlacedContainer, type SwarmContainers } from "./swarm-containers.ts";
import { type SwarmClient } from "./swarm-client.ts";
import { isUnderWay, type SwarmTask } from "./swarm-facts.ts";

const NOT_FOUND = 404;
/** How often it is looked whether a task on a machine that is not reached has ended, in milliseconds. */
const LOOK_MS = 1_000;
/** The swarm passes the last lines on a little after the end. */
const LAST_LINES_MS = 1_500;

interface Reading {
  readonly task: SwarmTask;
  readonly place: PlacedContainer | undefined;
  readonly query: OutputQuery;
}

/**
 * The output of a service's starts, oldest first: from the engine of the machine where it is reached, else by the
 * swarm's managers. With a `tail` only that of the newest start.
 */
export async function* readSwarmOutput(
  { client, containers }: { readonly client: SwarmClient; readonly containers: SwarmContainers },
  { id, query }: { readonly id: string; readonly query: OutputQuery },
  signal: AbortSignal,
): AsyncGenerator<OutputLine, void, void> {
  const starts = await containers.ofService(id, signal);
  const newest = starts.at(-1);
  if (query.tail === null)
    for (const start of starts.slice(0, -1))
      yield* readTask(client, { ...start, query: { ...query, follow: false } }, signal);
  if (newest !== undefined) yield* readTask(client, { ...newest, query }, signal);
}

async function* readTask(
  client: SwarmClient,
  { task, place, query }: Reading,
  signal: AbortSignal,
): AsyncGenerator<OutputLine, void, void> {
  if (place !== undefined) {
    const open = () => openOutput(place.engine, `containers/${place.id}`, { query, signal });
    const stream = await callEngine("Reading output", open, [NOT_FOUND]);
    if (stream !== undefined) yield* readOutput(stream, signal);
    return;
  }
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const open = () => openOutput(client.docker, `tasks/${task.ID}`, { query, signal: both });
  const stream = await callEngine("Reading output", open, [NOT_FOUND]);
  if (stream === undefined) return;
  if (query.follow) void endWith(client, task, over);
  try {
    yield* readOutput(stream, both);
  } finally {
    over.abort();
  }
}

/** The swarm follows for ever; ends with the task. */
async function endWith(client: SwarmClient, task: SwarmTask, over: AbortController): Promise<void> {
  const { signal } = over;
  const isRunning = async (): Promise<boolean> => {
    const tasks = await client.tasksOf(task.ServiceID, signal);
    return isUnderWay(tasks.find(({ ID }) => ID === task.ID));
  };
  try {
    while (await isRunning()) await delay(LOOK_MS, undefined, { signal });
    await delay(LAST_LINES_MS, undefined, { signal });
  } catch {
    // Nobody reads any more, or the manager does not answer: whoever follows looks again.
  }
  over.abort();
}
