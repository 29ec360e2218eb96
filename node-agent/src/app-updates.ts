import { type UpdateRoom } from "./domain/plan-facts.ts";
import { roomBeside, type RoomOf, takenBy } from "./domain/update-room.ts";
import { type GpuStock } from "./gpu-ports.ts";

export interface UpdateInit {
  readonly mode: "fizz" | "provider";
  /** Memory that all leases together may take, in bytes; undefined where it is not this machine's. */
  readonly updateMemoryBytes: bigint | undefined;
}

/** @param stock Undefined where no GPUs are counted. */
export function updateRoomOf(
  { mode, updateMemoryBytes: memoryBytes }: UpdateInit,
  stock: () => GpuStock | undefined,
): RoomOf {
  const isFizz = mode === "fizz";
  return (all) => {
    const gpus = isFizz ? stock() : undefined;
    const gpuUnits = gpus?.problem === undefined ? gpus?.count : undefined;
    const limits: UpdateRoom = { memoryBytes, gpuUnits, otherwise: isFizz ? "stop-first" : "decline" };
    const taken = takenBy(all);
    return (own) => roomBeside(limits, taken, takenBy(own));
  };
}
