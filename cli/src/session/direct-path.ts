import {
  type DirectDialer,
  type DirectRule,
  isPublicHost,
  isSameFamily,
  meet,
  observe,
  peerOf,
  requireObserved,
} from "@fizz/protocol/direct";
import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS, directResponseSchema, protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type FizzDomain, type SignedGrant } from "@fizz/protocol/typed-data";
import { type Libp2p } from "libp2p";
import { pause } from "../pause.ts";

type Connection = Awaited<ReturnType<Libp2p["dial"]>>;

/** Waits between tries after one that failed, in milliseconds; the last one goes on. A node takes six a minute. */
const RETRY_MS = [15_000, 60_000, 300_000] as const;
/** A direct connection that lasted so long was a good one: the next try comes soon. */
const STABLE_MS = 60_000;

export interface DirectPathInit {
  readonly host: Libp2p;
  readonly dialer: DirectDialer;
  readonly rule: DirectRule;
  readonly domain: FizzDomain;
  readonly signed: SignedGrant;
  /** Peer id of the node. */
  readonly node: string;
  /** The end-to-end connection through the gateway, opened when there is none. */
  readonly relayed: (signal: AbortSignal) => Promise<Connection>;
  /** The gateway's address, as this side reaches it now. */
  readonly gateway: () => string;
  readonly onChange: (path: PathChange) => void;
}

/** Where new connections go from now on, and why not directly. */
export interface PathChange {
  readonly path: "direct" | "gateway";
  readonly reason?: ProtocolError;
  /** Time from the node's word to the direct connection, in milliseconds. */
  readonly meetMs?: number;
}

/** Keeps a direct connection with a node where the networks allow one, beside the one through the gateway. */
export class DirectPath {
  readonly #init: DirectPathInit;
  #connection: Connection | undefined;

  constructor(init: DirectPathInit) {
    this.#init = init;
  }

  /** The direct connection, while there is one. */
  get connection(): Connection | undefined {
    return this.#connection?.status === "open" ? this.#connection : undefined;
  }

  /** Opens it, and again when it is lost, until the signal. */
  async keep(signal: AbortSignal): Promise<void> {
    if (this.#init.rule === "off") return;
    for (let failures = 0; !signal.aborted;) {
      try {
        const connection = await this.open(signal);
        const from = Date.now();
        await closed(connection, signal);
        failures = Date.now() - from >= STABLE_MS ? 0 : failures + 1;
        if (!isOver(signal)) this.#init.onChange({ path: "gateway" });
      } catch (error) {
        if (isOver(signal)) return;
        if (failures === 0) this.#init.onChange({ path: "gateway", reason: asReason(error) });
        failures += 1;
      }
      if (failures > 0)
        await pause(RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? RETRY_MS[0], signal).catch(
          () => undefined,
        );
    }
  }

  /** Tries once. @throws ProtocolError NODE_UNREACHABLE, PEER_REFUSED, IDENTITY_UNKNOWN, or what a side answered. */
  async open(signal: AbortSignal): Promise<Connection> {
    try {
      return await this.#meet(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw asReason(error);
    }
  }

  async #meet(signal: AbortSignal): Promise<Connection> {
    const { host, dialer, domain, node, gateway, onChange } = this.#init;
    const within = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const relayed = await this.#init.relayed(within);
    const self = host.peerId.toString();
    const own = await observe(dialer, { gateway: gateway(), self, domain }, within);
    try {
      const { signed, localPort } = own;
      const theirs = await this.#exchange(relayed, signed, within);
      const gatewayPeer = peerOf(gateway());
      await requireObserved({ signed: theirs, domain, gatewayPeer, peer: node, own: signed.observed });
      this.#requireDialable(theirs.observed.host, signed.observed.host);
      const at = theirs.observed;
      const from = performance.now();
      const way = { dialer, role: "dialler", peer: node, at, localPort, signal: within } as const;
      const connection = await meet(way);
      if (connection === undefined) throw new ProtocolError("INTERNAL", "The dialler got no connection.");
      this.#connection = connection;
      onChange({ path: "direct", meetMs: performance.now() - from });
      return connection;
    } finally {
      own.close();
    }
  }

  async #exchange(
    relayed: Connection,
    observed: Awaited<ReturnType<typeof observe>>["signed"],
    signal: AbortSignal,
  ): Promise<typeof observed> {
    const framed = new FramedStream(await relayed.newStream(protocols.direct, { signal }));
    try {
      await framed.write({ signed: this.#init.signed, observed }, signal);
      const answer = await framed.require(directResponseSchema, signal);
      if (answer.type === "error") throw errorFromWire(answer.error);
      return answer.observed;
    } finally {
      await framed.close();
    }
  }

  #requireDialable(theirs: string, own: string): void {
    if (!isSameFamily(theirs, own))
      throw new ProtocolError("NODE_UNREACHABLE", "One side has IPv4, the other IPv6.");
    if (this.#init.rule !== "private" && !isPublicHost(theirs))
      throw new ProtocolError("PEER_REFUSED", `The node was seen at ${theirs}, which is no public address.`);
  }
}

async function closed(connection: Connection, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      resolve();
    };
    if (connection.status !== "open" || signal.aborted) done();
    connection.addEventListener("close", done, { once: true });
    signal.addEventListener("abort", done, { once: true });
  });
}

function asReason(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  return new ProtocolError("NODE_UNREACHABLE", "No direct connection could be made.", { cause: error });
}

/** A function, so that the compiler does not take an earlier answer for the present one. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
