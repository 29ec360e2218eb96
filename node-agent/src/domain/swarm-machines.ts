/** What a swarm's machine does for the node: only one that serves gets containers. */
export type MachineState = "serving" | "drained" | "unprepared" | "down";

export interface SwarmMachine {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly state: MachineState;
}

/** What its swarm says of a machine. */
interface MachineReport {
  readonly isReady: boolean;
  readonly isPrepared: boolean;
  readonly isActive: boolean;
}

export interface MachineChange {
  readonly machine: SwarmMachine;
  /** Undefined for one that was not there. */
  readonly before: MachineState | undefined;
  /** It has left the swarm: its state is the last one. */
  readonly isGone: boolean;
}

export function stateOfMachine({ isReady, isPrepared, isActive }: MachineReport): MachineState {
  if (!isReady) return "down";
  if (!isPrepared) return "unprepared";
  return isActive ? "serving" : "drained";
}

/** Which machines came, went, or do something else than before. @param before Undefined before the first look. */
export function machineChanges(
  before: readonly SwarmMachine[] | undefined,
  now: readonly SwarmMachine[],
): MachineChange[] {
  const known = new Map((before ?? []).map((machine) => [machine.id, machine]));
  const changed = now
    .filter(({ id, state }) => known.get(id)?.state !== state)
    .map((machine) => ({ machine, before: known.get(machine.id)?.state, isGone: false }));
  const gone = [...known.values()]
    .filter(({ id }) => !now.some((machine) => machine.id === id))
    .map((machine) => ({ machine, before: machine.state, isGone: true }));
  // Nothing is new to who looks for the first time, but what is not as it should be.
  return [...changed.filter(({ machine }) => before !== undefined || machine.state !== "serving"), ...gone];
}
