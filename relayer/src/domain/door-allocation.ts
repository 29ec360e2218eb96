import { type DoorRequest } from "@fizz/protocol/messages";
import { type Door } from "../ports.ts";

/** Inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface AllocationInput {
  readonly pool: readonly PortRange[];
  /** Whether nobody else has the number; the lease's own doors count as free. */
  readonly isFree: (port: number) => boolean;
  /** Doors that the lease has already. */
  readonly existing: readonly Door[];
  readonly wanted: readonly DoorRequest[];
  /** Where in the pool the search begins: spreads leases, and gives a lease the same numbers again. */
  readonly seed: number;
}

export type Allocation =
  | { readonly type: "allocated"; readonly doors: readonly Door[] }
  | { readonly type: "exhausted"; readonly length: number };

/** Doors of one port range, or a single door. */
type Run = readonly DoorRequest[];

/** What makes two requests the same door. */
export function doorKey(door: DoorRequest): string {
  return `${door.service}/${door.replica}/${door.port}/${door.protocol}`;
}

/**
 * Gives each wanted door a public number: the one it has, else the wished one when it is free and in the pool, else
 * the next free one. Members of a group get consecutive numbers, in the order of their container ports.
 */
export function allocateDoors(input: AllocationInput): Allocation {
  const numbers = new Map<string, number>();
  const taken = new Set<number>();
  const give = (run: Run, first: number): void => {
    for (const [index, door] of run.entries()) {
      numbers.set(doorKey(door), first + index);
      taken.add(first + index);
    }
  };
  const isFree = (port: number): boolean => !taken.has(port) && input.isFree(port);
  const runs = runsOf(input.wanted);
  const kept = runs.filter((run) => keepRun(run, input.existing, give));
  const fresh = runs.filter((run) => !kept.includes(run));
  const wishing = fresh.filter((run) => giveWish(run, { pool: input.pool, isFree, give }));
  for (const run of fresh.filter((entry) => !wishing.includes(entry))) {
    const first = findRun(run.length, { ...input, isFree });
    if (first === undefined) return { type: "exhausted", length: run.length };
    give(run, first);
  }
  const doors = input.wanted.map((door) => ({ ...door, publicPort: numbers.get(doorKey(door)) ?? 0 }));
  return { type: "allocated", doors };
}

function runsOf(wanted: readonly DoorRequest[]): Run[] {
  const groups = new Map<string, DoorRequest[]>();
  for (const door of wanted) {
    const key = door.group === undefined ? doorKey(door) : `${door.service}/${door.replica}#${door.group}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [door]);
    else group.push(door);
  }
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.port - b.port));
}

function keepRun(run: Run, existing: readonly Door[], give: (run: Run, first: number) => void): boolean {
  const known = run.map((door) => existing.find((entry) => doorKey(entry) === doorKey(door))?.publicPort);
  const first = known[0];
  if (first === undefined || !known.every((number, index) => number === first + index)) return false;
  give(run, first);
  return true;
}

interface WishContext {
  readonly pool: readonly PortRange[];
  readonly isFree: (port: number) => boolean;
  readonly give: (run: Run, first: number) => void;
}

function giveWish(run: Run, { pool, isFree, give }: WishContext): boolean {
  const first = run[0]?.wish;
  if (first === undefined) return false;
  const last = first + run.length - 1;
  const inPool = pool.some((range) => first >= range.first && last <= range.last);
  if (!inPool || !run.every((_, index) => isFree(first + index))) return false;
  give(run, first);
  return true;
}

/** First number of `length` consecutive free ones, searching once around the pool from the seed. */
function findRun(
  length: number,
  { pool, isFree, seed }: Pick<AllocationInput, "pool" | "isFree" | "seed">,
): number | undefined {
  const size = pool.reduce((sum, range) => sum + range.last - range.first + 1, 0);
  if (size === 0) return undefined;
  let offset = seed % size;
  for (const range of pool) {
    const count = range.last - range.first + 1;
    if (offset < count) {
      const start = range.first + offset;
      const after = { first: start, last: range.last };
      const before = { first: range.first, last: Math.min(range.last, start + length - 2) };
      const others = [...pool.slice(pool.indexOf(range) + 1), ...pool.slice(0, pool.indexOf(range))];
      return firstRunIn([after, ...others, before], length, isFree);
    }
    offset -= count;
  }
  return undefined;
}

function firstRunIn(
  ranges: readonly PortRange[],
  length: number,
  isFree: (port: number) => boolean,
): number | undefined {
  for (const range of ranges) {
    let free = 0;
    for (let port = range.first; port <= range.last; port += 1) {
      free = isFree(port) ? free + 1 : 0;
      if (free === length) return port - length + 1;
    }
  }
  return undefined;
}
