import { ProtocolError } from "@fizz/protocol/errors";

/** Where a public port is opened. */
export interface DoorAddress {
  readonly host: string;
  readonly port: number;
}

/** An opened public port, whatever it carries. */
export interface DoorSocket {
  /** @throws ProtocolError PORTS_EXHAUSTED with `port` in its details when another program has it. */
  start(): Promise<void>;
  /** Ends everything that goes through it. */
  stop(): Promise<void>;
  /** TCP connections at once; those that are there stay. */
  setMaxConnections?(max: number): void;
  /** What goes through it goes on; new connections, and new senders, find nobody. */
  refuseNew(): void;
}

/** The error of a port that cannot be opened. */
export function portTaken({ port }: DoorAddress, cause: Error): ProtocolError {
  const message = `The public port ${port} cannot be opened.`;
  return new ProtocolError("PORTS_EXHAUSTED", message, { cause, details: { port } });
}
