import { type LeaseEventCode } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { missedEvents } from "../domain/missed-events.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type StartupStep, startupText } from "../domain/startup-steps.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import { type Journal, type NewEvent } from "../ports.ts";

type Place = Pick<ContainerSpec, "service" | "replica">;

/** Events of one lease. */
export class LeaseLog {
  readonly #journal: Journal;
  readonly #leaseHash: Hex;

  constructor(journal: Journal, leaseHash: Hex) {
    this.#journal = journal;
    this.#leaseHash = leaseHash;
  }

  add(event: NewEvent): void {
    this.#journal.append(this.#leaseHash, event);
  }

  step(code: StartupStep, place?: Place): void {
    this.add({ code, message: startupText[code], ...placeOf(place) });
  }

  at(place: Place, event: NewEvent): void {
    this.add({ ...event, ...placeOf(place) });
  }

  /** Adds an event unless one with the same code and the same version is there. */
  once(version: number, event: NewEvent): void {
    const isThere = this.#journal
      .read(this.#leaseHash, 0)
      .some(({ code, data }) => code === event.code && data?.["version"] === version);
    if (!isThere) this.add({ ...event, data: { ...event.data, version } });
  }

  /** Adds an event unless one with the same code and the same data is there. */
  onceOf(event: NewEvent & { readonly data: Readonly<Record<string, string | number>> }): void {
    const fields = Object.entries(event.data);
    const isThere = this.#journal
      .read(this.#leaseHash, 0)
      .some(({ code, data }) => code === event.code && fields.every(([key, value]) => data?.[key] === value));
    if (!isThere) this.add(event);
  }

  /** Adds an event of a container unless the same one is there. */
  onceAt(place: Place, event: NewEvent): void {
    const { service, replica } = place;
    const data = JSON.stringify(event.data);
    const isThere = this.#journal
      .read(this.#leaseHash, 0)
      .some(
        (known) =>
          known.code === event.code &&
          known.service === service &&
          known.replica === replica &&
          JSON.stringify(known.data) === data,
      );
    if (!isThere) this.at(place, event);
  }

  isLast(code: LeaseEventCode): boolean {
    return this.#journal.read(this.#leaseHash, 0).at(-1)?.code === code;
  }

  confirmed(lid: bigint): void {
    this.add({ code: "lease.confirmed", message: `Lease ${lid} confirmed on chain` });
  }

  updated(version: number): void {
    this.add({ code: "update.applied", message: `Version ${version} runs`, data: { version } });
  }

  /** Adds what has happened and was not told, because an agent ended or an answer got lost. */
  catchUp(head: LeaseRecord | undefined, containers: readonly ObservedContainer[]): void {
    const events = this.#journal.read(this.#leaseHash, 0);
    for (const { code, container } of missedEvents(events, { head, containers })) {
      if (code === "lease.confirmed") this.confirmed(head?.lid ?? 0n);
      else if (code === "update.applied") this.updated(head?.version ?? 0);
      else this.step(code, container);
    }
  }
}

function placeOf(place: Place | undefined): Partial<Place> {
  return place === undefined ? {} : { service: place.service, replica: place.replica };
}
