import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { fromWire, nodesDeltaSchema, nodesSnapshotSchema } from "@fizz/protocol/messages";

/** One server-sent event. */
export interface SentEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Follows the directory over a socket of its own. */
export class EventReader {
  readonly events: SentEvent[] = [];
  readonly #request: ClientRequest;
  readonly #answer: Promise<IncomingMessage>;
  isOver = false;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#request = get(url, { headers, agent: false });
    this.#answer = new Promise((resolve, reject) => {
      this.#request.once("response", resolve).once("error", reject);
    });
    this.#request.on("error", () => {
      this.isOver = true;
    });
  }

  /** Whether the gateway lets it in; reads from then on. */
  async begin(): Promise<IncomingMessage> {
    const answer = await this.#answer;
    let text = "";
    answer.setEncoding("utf8");
    answer.on("close", () => {
      this.isOver = true;
    });
    answer.on("data", (piece: string) => {
      const blocks = (text + piece).split("\n\n");
      text = blocks.pop() ?? "";
      this.events.push(...blocks.map(eventOf));
    });
    return answer;
  }

  pause(): void {
    void this.#answer.then((answer) => answer.pause());
  }

  resume(): void {
    void this.#answer.then((answer) => answer.resume());
  }

  stop(): void {
    this.#request.destroy();
  }

  get cursor(): string {
    return this.events.findLast(({ id }) => id !== undefined)?.id ?? "";
  }

  of(event: string): SentEvent[] {
    return this.events.filter((sent) => sent.event === event);
  }

  /** The list as this reader knows it: each node with whether it is online. */
  known(from = new Map<number, boolean>()): Map<number, boolean> {
    let nodes = new Map(from);
    for (const { event, data } of this.events) {
      const words: unknown = data === "" ? {} : JSON.parse(data);
      if (event === "snapshot") {
        const part = fromWire(nodesSnapshotSchema, words);
        if (part.begin) nodes = new Map();
        for (const node of part.nodes) nodes.set(Number(node.nodeId), node.online);
      } else if (event === "delta") {
        const delta = fromWire(nodesDeltaSchema, words);
        for (const node of delta.nodes) nodes.set(Number(node.nodeId), node.online);
        for (const nodeId of delta.removed) nodes.delete(Number(nodeId));
      }
    }
    return nodes;
  }
}

function eventOf(block: string): SentEvent {
  const fields = new Map(
    block
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]),
  );
  return { id: fields.get("id"), event: fields.get("event") ?? "message", data: fields.get("data") ?? "" };
}
