import { readFileSync } from "node:fs";
import { type UpdateRoom } from "../../../../node-agent/src/domain/plan-facts.ts";
import { sampleOrder } from "../../../support/sample-order.ts";
import { CrashWorld, LEASE, sealVersion, type Version } from "./crash-world.ts";
import { type EndState, endStateOf } from "./end-state.ts";
import { type KillPoint, type Mortal } from "./mortal.ts";

/** Of the database of both versions, 4 GiB each, one has room beside the rest. */
const CROWDED = { memoryBytes: 6n << 30n, gpuUnits: undefined, otherwise: "stop-first" } as const;

export interface Phase {
  /** Undefined: there is room for everything. */
  readonly room?: UpdateRoom;
  readonly begin: (world: CrashWorld) => Promise<void> | void;
  readonly isDone: (world: CrashWorld) => boolean;
}

export interface Versions {
  readonly first: Version;
  readonly second: Version;
  /** Its database ends at once, each time. */
  readonly failing: Version;
}

export async function sealVersions(): Promise<Versions> {
  const postgres = readFileSync(new URL("../../../../examples/postgres.yaml", import.meta.url), "utf8");
  // One container is made anew, the other one gets more memory.
  const changed = postgres
    .replace("POSTGRES_USER=app", "POSTGRES_USER=else")
    .replace("size: 256Mi", "size: 512Mi");
  const fails = postgres.replace("    env:", '    command: ["sh", "-c", "exit 3"]\n    env:');
  return {
    first: await sealVersion(sampleOrder(postgres), 1),
    second: await sealVersion(sampleOrder(changed), 2),
    failing: await sealVersion(sampleOrder(fails), 2),
  };
}

export type NamedPhase = readonly [name: string, phase: Phase];

/** A life of a lease. */
export function phasesOf(versions: () => Versions): readonly [NamedPhase, NamedPhase, NamedPhase] {
  return [
    [
      "start",
      {
        begin: (world) => world.open(versions().first),
        isDone: (world) => world.lease().state === "active",
      },
    ],
    [
      "update",
      {
        begin: (world) => world.requestUpdate(versions().second),
        isDone: (world) => world.lease().version === 2 && world.machine.containers.size === 2,
      },
    ],
    [
      "close",
      {
        begin: (world) => {
          world.close();
        },
        isDone: ({ store }) => typeof store.find(LEASE)?.removedAt === "number",
      },
    ],
  ];
}

/** Updates for which the old database has to make room. */
export function crowdedPhasesOf(versions: () => Versions): readonly NamedPhase[] {
  return [
    [
      "update without room for both",
      {
        room: CROWDED,
        begin: (world) => world.requestUpdate(versions().second),
        isDone: (world) => world.lease().version === 2 && world.machine.containers.size === 2,
      },
    ],
    [
      "failing update without room for both",
      {
        room: CROWDED,
        begin: (world) => world.requestUpdate(versions().failing),
        isDone: (world) => {
          const containers = [...world.machine.containers.values()];
          const isBack = containers.length === 2 && containers.every(({ state }) => state === "running");
          return world.lease().pending === undefined && isBack;
        },
      },
    ],
  ];
}

export interface Life {
  readonly end: EndState & { readonly isWithinRoom: boolean };
  readonly crossings: readonly string[];
  readonly kills: number;
}

/** Goes through the later phases without a kill, then through the first one with kills, each in the agent that came after the last. */
export async function life(
  [phase, ...before]: readonly [Phase, ...Phase[]],
  points: readonly KillPoint[],
  onKilled: (world: CrashWorld) => void = () => undefined,
): Promise<Life> {
  const world = new CrashWorld({ room: phase.room });
  try {
    for (const earlier of before) await through(world, earlier);
    await phase.begin(world);
    let kills = 0;
    let agent: Mortal;
    do {
      agent = await world.run(() => phase.isDone(world), points[kills]);
      if (!agent.isDead) continue;
      kills += 1;
      onKilled(world);
    } while (agent.isDead);
    const most = world.machine.mostMemory;
    const isWithinRoom = most <= (phase.room?.memoryBytes ?? most);
    return { end: { ...endStateOf(world), isWithinRoom }, crossings: agent.crossings, kills };
  } finally {
    world.stop();
  }
}

async function through(world: CrashWorld, phase: Phase): Promise<void> {
  await phase.begin(world);
  await world.run(() => phase.isDone(world));
}
