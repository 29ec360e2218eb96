import { ProtocolError } from "@fizz/protocol/errors";
import { type HistoryPlace } from "@fizz/protocol/messages";

/** Where an event stands on the chain. */
export type EventPlace = Omit<HistoryPlace, "final">;

/** An event of a contract before the time of its block is read. */
export interface RawEvent<Name extends string> extends Omit<EventPlace, "time"> {
  readonly logIndex: number;
  readonly event: Name;
  /** Integers in decimal, the rest as it is. */
  readonly args: Readonly<Record<string, string>>;
}

/** An event of a contract, as the chain has it. */
export interface ChainEvent<Name extends string> extends RawEvent<Name> {
  /** Of its block, in Unix seconds. */
  readonly time: number;
}

/** An argument that the event has. @throws ProtocolError INTERNAL */
export function argumentOf({ event, args }: Pick<RawEvent<string>, "event" | "args">, name: string): string {
  const value = args[name];
  if (value === undefined) throw new ProtocolError("INTERNAL", `${event} has no ${name}.`);
  return value;
}
