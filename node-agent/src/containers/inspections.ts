import type Docker from "dockerode";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import { callEngine } from "./call-engine.ts";
import { LABEL, readLabels } from "./labels.ts";
import { OutOfMemory } from "./out-of-memory.ts";
import { readable } from "./readable.ts";

/** Everything is looked at again after this time, in milliseconds: an engine may have lost an event. */
const LOOK_AGAIN_MS = 60_000;
/** The same of the list, which tells too what nobody has heard of: a little less than from one look to the next without news. */
const LIST_AGAIN_MS = 8_000;
const NOT_FOUND = 404;
/** What changes something that `inspect` tells. */
const EVENTS = ["die", "start", "destroy", "oom", "pause", "unpause", "update"];
const ID = /"id":"([0-9a-f]{64})"/g;

/**
 * Which containers there are, and what the engine tells of each, asked again only when an event, the list, or what this
 * agent does says that it changed. While nobody listens to events, nothing is kept.
 */
export class Inspections {
  readonly #docker: Docker;
  readonly #label: string;
  readonly #known = new Map<string, ContainerInspectInfo>();
  readonly #outOfMemory = new OutOfMemory();
  #isHeard = false;
  /** Goes up with whatever makes something unknown. */
  #changes = 0;
  #since = 0;
  #listed: { readonly list: readonly ContainerInfo[]; readonly at: number } | undefined;

  /** @param node Operator whose containers are listened to. */
  constructor(docker: Docker, node: string) {
    this.#docker = docker;
    this.#label = `${LABEL.node}=${node}`;
  }

  /** What the engine lists, which is asked again once something changed, or some seconds are over. @throws what `ask` throws */
  async list(ask: () => Promise<readonly ContainerInfo[]>): Promise<readonly ContainerInfo[]> {
    const listed = this.#listed;
    if (listed !== undefined && performance.now() - listed.at < LIST_AGAIN_MS) return listed.list;
    const before = this.#changes;
    const list = await ask();
    if (this.#isHeard && before === this.#changes) this.#listed = { list, at: performance.now() };
    return list;
  }

  /** Those that are gone by now are left out. @throws ProtocolError as Engine */
  async of(list: readonly ContainerInfo[], signal: AbortSignal): Promise<ContainerInspectInfo[]> {
    if (performance.now() - this.#since > LOOK_AGAIN_MS) this.#forgetAll();
    const before = this.#changes;
    const found = await Promise.all(
      list.map(async ({ Id: id, State: state }) => {
        const known = this.#known.get(id);
        return known?.State.Status === state ? known : await this.#inspect(id, signal);
      }),
    );
    const there = found.filter((info) => info !== undefined);
    // What changed meanwhile may have been looked at before.
    if (this.#isHeard && before === this.#changes) {
      this.#known.clear();
      for (const info of there) this.#known.set(info.Id, info);
    }
    return there;
  }

  /** There may be another container. */
  forgetList(): void {
    this.#changes += 1;
    this.#listed = undefined;
  }

  /** A container changes, and the one whose network it has may, too. */
  forget(id: string): void {
    this.forgetList();
    const digest = digestOf(this.#known.get(id));
    this.#known.delete(id);
    if (digest === undefined) return;
    for (const [other, info] of this.#known) if (digestOf(info) === digest) this.#known.delete(other);
  }

  /** As Engine.watch. */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const filters: Docker.GetEventsOptions["filters"] = {
      type: ["container"],
      label: [this.#label],
      event: EVENTS,
    };
    const stream = readable(
      await callEngine("Watching containers", async () => await this.#docker.getEvents({ filters })),
    );
    this.#forgetAll();
    this.#isHeard = true;
    await new Promise<void>((resolve) => {
      stream.on("data", (chunk: Buffer) => {
        this.#onEvents(chunk.toString());
        onChange();
      });
      stream.once("error", () => {
        resolve();
      });
      stream.once("close", resolve);
      if (signal.aborted) stream.destroy();
      signal.addEventListener("abort", () => stream.destroy(), { once: true });
    });
    this.#isHeard = false;
    this.#forgetAll();
  }

  #onEvents(text: string): void {
    const ids = [...text.matchAll(ID)].map(([, id = ""]) => id);
    // Half an event tells nothing.
    if (ids.length === 0 || !text.endsWith("\n")) this.#forgetAll();
    for (const id of ids) this.forget(id);
  }

  #forgetAll(): void {
    this.forgetList();
    this.#known.clear();
    this.#since = performance.now();
  }

  async #inspect(id: string, signal: AbortSignal): Promise<ContainerInspectInfo | undefined> {
    const container = this.#docker.getContainer(id);
    const look = () => container.inspect({ abortSignal: signal });
    const info = await callEngine("Looking at a container", look, [NOT_FOUND]);
    // The end of a sandbox tells nothing of its tenant's.
    if (info === undefined || readLabels(info.Config.Labels)?.[LABEL.role] !== undefined) return info;
    info.State.OOMKilled = await this.#outOfMemory.ended(this.#docker, info, signal);
    return info;
  }
}

function digestOf(info: ContainerInspectInfo | undefined): string | undefined {
  return readLabels(info?.Config.Labels)?.[LABEL.digest];
}
