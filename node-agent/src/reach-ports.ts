import { type Socket } from "node:net";

/** Of a container: its address in the network of its lease. */
export interface ReachTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * The way to containers of an agent that lives in a container of its own, which Docker keeps apart from those of leases.
 *
 * Both throw ENGINE_UNREACHABLE while the helper on the machine's network does not answer, SERVICE_UNREACHABLE when it did
 * not get there.
 */
export interface Reach {
  /** A TCP connection, whose halves close on their own; nothing has been read from it. */
  connect(target: ReachTarget): Promise<Socket>;
  /** A connection on which datagrams travel as frames of `reach-wire`. */
  openDatagrams(target: ReachTarget): Promise<Socket>;
}
