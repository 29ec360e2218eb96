import { type Hex } from "viem";
import { type ContainerRoles } from "../domain/container-roles.ts";
import { findRunning, type ObservedContainer } from "../domain/observed.ts";
import { type Leaving } from "../domain/plan-facts.ts";
import { type Clock } from "../ports.ts";

export interface TrafficComponents {
  readonly clock: Pick<Clock, "now">;
  /** A container that is to go has no connections any more. */
  readonly onIdle: () => void;
}

interface LeaseTraffic {
  readonly roles: ContainerRoles;
  /** Unix milliseconds, by container. */
  readonly leavingSince: ReadonlyMap<string, number>;
}

/** Who gets new connections, and who still has some: of all leases of the node. */
export class Traffic {
  readonly #components: TrafficComponents;
  readonly #leases = new Map<Hex, LeaseTraffic>();
  readonly #connections = new Map<string, number>();

  constructor(components: TrafficComponents) {
    this.#components = components;
  }

  /** Takes what a look at a lease has found. @returns The containers that are to go, by id. */
  look(leaseHash: Hex, roles: ContainerRoles): Readonly<Record<string, Leaving>> {
    const before = this.#leases.get(leaseHash)?.leavingSince;
    const now = this.#components.clock.now();
    const leavingSince = new Map([...roles.leaving].map((id) => [id, before?.get(id) ?? now]));
    this.#leases.set(leaseHash, { roles, leavingSince });
    const leaving = [...leavingSince].map(([id, since]) => {
      return [id, { since, connections: this.#connections.get(id) ?? 0 }] as const;
    });
    return Object.fromEntries(leaving);
  }

  forget(leaseHash: Hex): void {
    this.#leases.delete(leaseHash);
  }

  /** The container of a replica to which a new connection goes. @param containers Of the lease. */
  choose(
    leaseHash: Hex,
    containers: readonly ObservedContainer[],
    place: { readonly service: string; readonly replica: number },
  ): ObservedContainer | undefined {
    const roles = this.#leases.get(leaseHash)?.roles;
    if (roles === undefined) return findRunning(containers, place);
    const among = (ids: ReadonlySet<string>): ObservedContainer | undefined =>
      findRunning(
        containers.filter(({ id }) => ids.has(id)),
        place,
      );
    return among(roles.current) ?? among(roles.standIns) ?? among(roles.leaving);
  }

  /** Counts a connection to a container. @returns A function to call when it is over; it may be called twice. */
  enter(id: string): () => void {
    this.#connections.set(id, (this.#connections.get(id) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#connections.get(id) ?? 1) - 1;
      if (left > 0) {
        this.#connections.set(id, left);
        return;
      }
      this.#connections.delete(id);
      if (this.#isLeaving(id)) this.#components.onIdle();
    };
  }

  #isLeaving(id: string): boolean {
    return [...this.#leases.values()].some(({ roles }) => roles.leaving.has(id));
  }
}
