import type Dockerode from "dockerode";
import { LABEL } from "../../../node-agent/src/containers/labels.ts";
import { readable } from "../../../node-agent/src/containers/readable.ts";

/**
 * Watches an engine from now on.
 *
 * @param filters Of Docker's events. Containers that are for the node's own use are passed over.
 * @returns Waits until the engine says that such a container has started; called once.
 */
export async function containerStart(
  client: Dockerode,
  filters: Readonly<Record<string, string[]>>,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const events = readable(
    await client.getEvents({ filters: { ...filters, event: ["start"] }, abortSignal: signal }),
  );
  const started = new Promise<void>((resolve, reject) => {
    events.on("data", (chunk: Buffer) => {
      if (chunk.toString().split("\n").some(isOfTenant)) resolve();
    });
    events.once("error", reject);
  });
  started.catch(() => undefined);
  return async () => {
    await started;
    events.destroy();
  };
}

/** The engine writes an event to a line, and a line at once. */
function isOfTenant(line: string): boolean {
  if (line.trim() === "") return false;
  const { Actor: actor } = JSON.parse(line) as {
    readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  };
  return actor.Attributes[LABEL.role] === undefined;
}
