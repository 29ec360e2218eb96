import { type ObservedContainer } from "./domain/observed.ts";
import { type UpdateRoom } from "./domain/plan-facts.ts";
import { roomBeside } from "./domain/update-room.ts";
import { type GpuStock } from "./gpu-ports.ts";

export interface UpdateInit {
  readonly mode: "fizz" | "provider";
  /** Memory that all leases together may take, in bytes; undefined where it is not this machine's. */
  readonly updateMemoryBytes: bigint | undefined;
}

/**
 * What an update of one lease may take beside what others have.
 *
 * @param stock Undefined where no GPUs are counted.
 */
export function updateRoomOf(
  { mode, updateMemoryBytes: memoryBytes }: UpdateInit,
  stock: () => GpuStock | undefined,
): (others: readonly ObservedContainer[]) => UpdateRoom {
  const isFizz = mode === "fizz";
  return (others) => {
    const gpus = isFizz ? stock() : undefined;
    const gpuUnits = gpus?.problem === undefined ? gpus?.count : undefined;
    return roomBeside({ memoryBytes, gpuUnits, otherwise: isFizz ? "stop-first" : "decline" }, others);
  };
}
