import { Mux, type MuxLink, type OpenRequest } from "@fizz/protocol/streams";
import { type ProtocolError } from "@fizz/protocol/errors";

const HEADER_BYTES = 9;
const WINDOW = 7;

/** One direction of a link in memory. It is busy while more than `capacity` bytes are under way. */
class Wire {
  readonly capacity: number;
  #bytes = new Uint8Array(0);
  isBroken = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#bytes.length;
  }

  push(pieces: readonly Uint8Array[]): void {
    const all = Buffer.concat([this.#bytes, ...pieces]);
    this.#bytes = all;
  }

  take(most: number): Uint8Array {
    const part = this.#bytes.slice(0, most);
    this.#bytes = this.#bytes.slice(most);
    return part;
  }
}

export interface MuxPairInit {
  readonly capacity?: number;
  readonly onOpen?: (request: OpenRequest) => void;
  readonly maxChannels?: number;
  readonly maxOpening?: number;
}

/** The gateway's and the node's end of one link in memory, whose every step the test takes. */
export class MuxPair {
  readonly gateway: Mux;
  readonly node: Mux;
  readonly ended: { gateway?: ProtocolError; node?: ProtocolError } = {};
  readonly toNode: Wire;
  readonly toGateway: Wire;
  readonly #tasks: (() => void)[] = [];
  now = 0;
  /** Credit that the node has granted so far, in all, in bytes. */
  credit = 0;
  #unparsed = Buffer.alloc(0);

  constructor({ capacity = 64 * 1024, onOpen, ...limits }: MuxPairInit = {}) {
    this.toNode = new Wire(capacity);
    this.toGateway = new Wire(capacity);
    const defer = (task: () => void): void => void this.#tasks.push(task);
    const now = (): number => this.now;
    const onEnd = (side: "gateway" | "node") => (error: ProtocolError) => {
      this.ended[side] = error;
    };
    this.gateway = new Mux(linkOver(this.toNode), { defer, now, onEnd: onEnd("gateway"), ...limits });
    this.node = new Mux(linkOver(this.toGateway), {
      defer,
      now,
      onEnd: onEnd("node"),
      onOpen:
        onOpen ??
        ((request) => {
          request.accept();
        }),
      ...limits,
    });
  }

  /** One step of so many: a deferred task, or at most `most` bytes one way. @returns Whether there was anything to do. */
  step(choice: number, most: number): boolean {
    const steps = [
      ...(this.#tasks.length > 0 ? [() => this.#tasks.shift()?.()] : []),
      ...(this.toNode.length > 0
        ? [
            () => {
              this.#carry(this.toNode, most);
            },
          ]
        : []),
      ...(this.toGateway.length > 0
        ? [
            () => {
              this.#carry(this.toGateway, most);
            },
          ]
        : []),
    ];
    steps[choice % Math.max(1, steps.length)]?.();
    return steps.length > 0;
  }

  /** Everything that is under way arrives. */
  async settle(most = 100_000): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      const isBusy = this.step(turn, most);
      // Deliveries to new listeners come by microtask.
      await Promise.resolve();
      if (!isBusy) return;
    }
  }

  /** Runs deferred tasks, and carries nothing. */
  runTasks(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task();
  }

  #countCredit(bytes: Uint8Array): void {
    this.#unparsed = Buffer.concat([this.#unparsed, bytes]);
    while (this.#unparsed.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#unparsed.readUInt32BE(5);
      if (this.#unparsed.length < end) return;
      if (this.#unparsed[0] === WINDOW) this.credit += this.#unparsed.readUInt32BE(HEADER_BYTES);
      this.#unparsed = this.#unparsed.subarray(end);
    }
  }

  #carry(wire: Wire, most: number): void {
    const [from, to] = wire === this.toNode ? [this.gateway, this.node] : [this.node, this.gateway];
    const bytes = wire.take(most);
    if (wire === this.toGateway) this.#countCredit(bytes);
    to.receive(bytes);
    if (wire.length <= wire.capacity) from.onDrain();
  }
}

function linkOver(wire: Wire): MuxLink {
  return {
    write: (pieces) => {
      wire.push(pieces);
      return wire.length <= wire.capacity;
    },
    get isOpen() {
      return !wire.isBroken && wire.length <= wire.capacity;
    },
    abort: () => {
      wire.isBroken = true;
    },
  };
}
