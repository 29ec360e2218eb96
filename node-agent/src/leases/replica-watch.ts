import { type Hex } from "viem";
import { rolesOf } from "../domain/container-roles.ts";
import { isOf } from "../domain/plan-containers.ts";
import { type HeldVersion, type LeaseFacts } from "../domain/plan-facts.ts";
import { type CheckedContainer, type HealthWatch } from "./health-watch.ts";
import { type ListenWatch } from "./listen-watch.ts";
import { type Traffic } from "./traffic.ts";

export interface ReplicaWatchComponents {
  readonly traffic: Traffic;
  readonly health: HealthWatch;
  /** Of nobody it is known whether he listens when left out. */
  readonly listens?: ListenWatch;
}

/** What is known of a lease's containers beyond what the engine tells: who comes to them, and whether they work. */
export class ReplicaWatch {
  readonly #components: ReplicaWatchComponents;

  constructor(components: ReplicaWatchComponents) {
    this.#components = components;
  }

  look(
    leaseHash: Hex,
    facts: Pick<LeaseFacts, "head" | "held" | "containers" | "room">,
  ): Pick<LeaseFacts, "leaving" | "health" | "listening"> {
    const { traffic, health, listens } = this.#components;
    const { containers } = facts;
    const desired = facts.held.flatMap((version) => version.desired ?? []);
    const roles = rolesOf(facts);
    return {
      health: health.look(leaseHash, checkedOf(facts)),
      ...(listens === undefined ? {} : { listening: listens.look(leaseHash, { containers, desired }) }),
      ...(roles === undefined ? {} : { leaving: traffic.look(leaseHash, roles) }),
    };
  }

  forget(leaseHash: Hex): void {
    this.#components.traffic.forget(leaseHash);
    this.#components.health.forget(leaseHash);
    this.#components.listens?.forget(leaseHash);
  }
}

/** As the version says that runs, where it has the container: an update must not take it out of service. */
function checkedOf({
  head,
  held,
  containers,
}: Pick<LeaseFacts, "head" | "held" | "containers">): CheckedContainer[] {
  const runsFirst = held.toSorted((left, right) => rankOf(left, head) - rankOf(right, head));
  const desired = runsFirst.flatMap((version) => version.desired ?? []);
  return containers.flatMap((container) => {
    const target = desired.find((entry) => isOf(container, entry))?.spec.health;
    if (target === undefined || container.state !== "running" || container.address === null) return [];
    return [{ container, target }];
  });
}

function rankOf({ manifestHash }: HeldVersion, head: LeaseFacts["head"]): number {
  return manifestHash === head?.manifestHash ? 0 : 1;
}
