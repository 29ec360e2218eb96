import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { isAtRest } from "../domain/at-rest.ts";
import { retryDelayMs } from "../domain/back-off.ts";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { type Action, type BringUpFailure, type HeldVersion, type LeaseFacts } from "../domain/plan-facts.ts";
import { planLease } from "../domain/plan.ts";
import { lookAgainMs, workOf } from "../domain/progress.ts";
import { type StoredLease } from "../domain/stored-lease.ts";
import { isChainAction, performOnChain } from "./chain-steps.ts";
import { isContainerAction, type StepContext } from "./container-steps.ts";
import { doorsKeyOf, heldVersion, type LeaseManifests, wantedDoors } from "./held-manifests.ts";
import { LeaseLog } from "./lease-log.ts";
import { type LeaseLook, type LeaseWorkerComponents } from "./lease-look.ts";
import { TearDown } from "./tear-down.ts";
import { tellStarted } from "./tell-started.ts";
import { UpdateNotes } from "./update-notes.ts";

/** Host names that one event lists. */
const MAX_NAMES_SHOWN = 5;

interface Step {
  readonly look: LeaseLook;
  readonly manifests: LeaseManifests;
  readonly signal: AbortSignal;
}

/** Brings one lease to what it should be. One look at a time; what fails is tried again with back-off. */
export class LeaseWorker {
  readonly #components: LeaseWorkerComponents;
  readonly #leaseHash: Hex;
  readonly #log: LeaseLog;
  readonly #updates: UpdateNotes;
  readonly #tearDown: TearDown;
  /** By manifest: another one may get the version number of one that was declined. */
  readonly #failures = new Map<Hex, BringUpFailure>();
  #abort: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  /** What it does is not made pointless by the end of the lease: it is that end. */
  #isEnding = false;
  #failed = 0;
  /** What the last plan did, and how often in a row before that one. */
  #work = "";
  #repeats = 0;
  #notBefore = 0;
  #doorsKey: string | undefined;
  /** Something may have happened that the journal does not tell. */
  #isBehind = true;
  #stepsDone = 0;
  /** The newest look that came while another one was acted on. */
  #missed: LeaseLook | undefined;
  /** The look that was acted on last, where it left nothing to do. */
  #settled: LeaseLook | undefined;

  constructor(components: LeaseWorkerComponents, leaseHash: Hex) {
    this.#components = components;
    this.#leaseHash = leaseHash;
    this.#log = new LeaseLog(components.journal, leaseHash);
    this.#updates = new UpdateNotes(this.#log);
    this.#tearDown = new TearDown(components);
  }

  /**
   * Acts on a look; while the last one is still being acted on it only ends what has become pointless, and waits. One
   * that began before the end of what was done last is not acted on: it would be done twice. A block that tells nothing
   * new of a lease that had nothing to do is not worth a plan.
   */
  look(look: LeaseLook): void {
    if (look.isOnlyBlock && this.#settled !== undefined && isAtRest(this.#settled, look)) return;
    if (this.#abort !== undefined) {
      this.#keepMissed(look);
      if (look.located.head?.state === "closed" && !this.#isEnding) this.#abort.abort();
      return;
    }
    if (this.#stepsDone > look.stepsDone) {
      this.#components.wakeAfter(0);
      return;
    }
    const waitMs = this.#notBefore - this.#components.clock.now();
    if (waitMs > 0) {
      this.#components.wakeAfter(waitMs);
      return;
    }
    const abort = new AbortController();
    this.#abort = abort;
    this.#settled = undefined;
    this.#running = this.#act(look, abort.signal).finally(() => {
      this.#abort = undefined;
      this.#isEnding = false;
      this.#takeMissed(abort.signal.aborted);
    });
  }

  /** What happened before a block has happened all the same. */
  #keepMissed(look: LeaseLook): void {
    const isOnlyBlock = look.isOnlyBlock && (this.#missed?.isOnlyBlock ?? true);
    this.#missed = { ...look, isOnlyBlock };
  }

  /** After a step another look is asked for anyway, but for one that was broken off. */
  #takeMissed(wasBrokenOff: boolean): void {
    const missed = this.#missed;
    this.#missed = undefined;
    if (missed === undefined) return;
    if (this.#stepsDone <= missed.stepsDone || wasBrokenOff) this.look(missed);
  }

  isIdle(): boolean {
    return this.#abort === undefined;
  }

  /** Steps that have ended so far, well or not. */
  stepsDone(): number {
    return this.#stepsDone;
  }

  async stop(): Promise<void> {
    this.#missed = undefined;
    this.#abort?.abort();
    await this.#running;
  }

  async #act(look: LeaseLook, signal: AbortSignal): Promise<void> {
    const { store, log, wakeAfter } = this.#components;
    try {
      const stored = store.find(this.#leaseHash);
      const manifests = await this.#manifestsOf(stored, look.located.head);
      this.#forgetFailures(manifests);
      const facts = this.#facts(look, { stored, manifests });
      this.#noteState(look);
      const actions = planLease(facts);
      this.#isEnding = actions.some(({ type }) => type === "tear-down");
      let late: unknown;
      for (const action of actions) late = (await this.#do(action, { look, manifests, signal })) ?? late;
      if (late !== undefined) throw late as Error;
      this.#failed = 0;
      this.#lookAgain(workOf(actions));
      if (actions.length === 0) this.#settled = look;
    } catch (error) {
      this.#isBehind = true;
      if (signal.aborted) return;
      this.#failed += 1;
      // A final failure is acted on at once; anything else is tried again later.
      const isFinal = this.#failed === 1 && [...this.#failures.values()].some(({ final }) => final);
      const delayMs = isFinal ? 0 : retryDelayMs(this.#failed, Math.random());
      this.#notBefore = this.#components.clock.now() + delayMs;
      log.warn({ event: "lease.step_failed", leaseHash: this.#leaseHash, error, delayMs }, "A step failed.");
      wakeAfter(delayMs);
    }
  }

  /** At once after something was done, unless the same had been done before. */
  #lookAgain(work: string): void {
    this.#repeats = work === this.#work ? this.#repeats + 1 : 0;
    this.#work = work;
    if (work === "") return;
    const delayMs = lookAgainMs(this.#repeats, Math.random());
    this.#notBefore = this.#components.clock.now() + delayMs;
    this.#components.wakeAfter(delayMs);
  }

  #forgetFailures({ running, pending }: LeaseManifests): void {
    const hashes = [running, pending].map((manifest) => manifest?.stored.delivery.manifestHash);
    for (const hash of this.#failures.keys()) if (!hashes.includes(hash)) this.#failures.delete(hash);
  }

  async #manifestsOf(
    stored: StoredLease | undefined,
    head: LeaseRecord | undefined,
  ): Promise<LeaseManifests> {
    if (stored === undefined) return { running: undefined, pending: undefined };
    return await this.#components.manifests.of(stored, head);
  }

  #facts(
    { located, snapshot, containers, missingMs, graceMs, room }: LeaseLook,
    { stored, manifests }: { stored: StoredLease | undefined; manifests: LeaseManifests },
  ): LeaseFacts {
    const { gateway, clock, replicas } = this.#components;
    const held: HeldVersion[] = [];
    for (const manifest of [manifests.running, manifests.pending]) {
      if (manifest === undefined || stored === undefined) continue;
      held.push(heldVersion(stored, manifest, this.#failures.get(manifest.stored.delivery.manifestHash)));
    }
    const session = gateway.session();
    return {
      head: located.head,
      confirmed: located.confirmed,
      missingMs,
      graceMs,
      chainTime: snapshot.headTime,
      now: clock.now(),
      held,
      containers,
      restarts: this.#components.steps.restartsOf(stored),
      room,
      ...replicas.look(this.#leaseHash, { head: located.head, held, containers, room }),
      doorsFresh:
        session === undefined || held.length === 0
          ? undefined
          : this.#doorsKey === doorsKeyOf(session, stored?.lid, manifests),
    };
  }

  async #do(action: Action, step: Step): Promise<unknown> {
    try {
      return await this.#perform(action, step);
    } finally {
      if (action.type !== "wait") this.#stepsDone += 1;
    }
  }

  /** Returns an error that must not hold up the rest of the plan. */
  async #perform(action: Action, { look, manifests, signal }: Step): Promise<unknown> {
    const { chain, store, wakeAfter } = this.#components;
    const { head } = look.located;
    const context = this.#context(manifests, signal);
    if (action.type === "resize") return await failureOf(this.#components.steps.perform(action, context));
    if (isContainerAction(action)) await this.#components.steps.perform(action, context);
    else if (isChainAction(action)) {
      if (head !== undefined) await performOnChain(action, head, { chain, log: this.#log });
      if (action.type === "confirm-start")
        await tellStarted(this.#components, { stored: store.find(this.#leaseHash), manifests }, signal);
    } else {
      switch (action.type) {
        case "open-doors":
          return await this.#openDoors(manifests, signal);
        case "tear-down":
          await this.#tearDown.perform({ look, manifests, context }, action.why);
          break;
        case "wait":
          wakeAfter(action.ms);
          break;
      }
    }
    return undefined;
  }

  #context(manifests: LeaseManifests, signal: AbortSignal): StepContext {
    return {
      leaseHash: this.#leaseHash,
      log: this.#log,
      signal,
      onFailure: (version, failure) => {
        const known = [manifests.pending, manifests.running].find(
          (one) => one?.stored.delivery.version === version,
        );
        if (known === undefined) return;
        const { manifestHash } = known.stored.delivery;
        if (failure === undefined) this.#failures.delete(manifestHash);
        else this.#failures.set(manifestHash, failure);
      },
    };
  }

  /** A failure here does not hold up containers whose doors are known from before. */
  async #openDoors(manifests: LeaseManifests, signal: AbortSignal): Promise<unknown> {
    const { gateway, store, log } = this.#components;
    const session = gateway.session();
    const stored = store.find(this.#leaseHash);
    if (session === undefined || stored === undefined) return undefined;
    const { leaseHash, lid } = stored;
    try {
      const wanted = { lid, leaseHash, doors: wantedDoors(manifests) };
      const { heldElsewhere, ...doors } = await gateway.openDoors(wanted, signal);
      await store.change(leaseHash, (lease) => ({ ...lease, doors }));
      this.#doorsKey = doorsKeyOf(session, lid, manifests);
      const count = doors.endpoints.length;
      const names = heldElsewhere.slice(0, MAX_NAMES_SHOWN).join(", ");
      const waiting = names === "" ? "" : `; another lease still holds ${names}`;
      this.#log.add({
        code: "doors.opened",
        message: `${count} public ports open${waiting}`,
        data: { host: doors.host },
      });
      return undefined;
    } catch (error) {
      const message = error instanceof ProtocolError ? error.message : "The gateway gave no public ports.";
      if (this.#failed === 0) this.#log.add({ code: "doors.failed", message });
      log.warn({ event: "doors.failed", leaseHash, error }, "The gateway gave no public ports.");
      const { running } = manifests;
      if (stored.doors === null && running !== undefined)
        this.#failures.set(running.stored.delivery.manifestHash, {
          reason: "node.no_public_ports",
          final: false,
        });
      return error;
    }
  }

  #noteState({ located: { head }, snapshot, containers }: LeaseLook): void {
    if (this.#isBehind) this.#log.catchUp(head, containers);
    this.#isBehind = false;
    if (head?.state === "reclaiming")
      this.#log.once(head.version, { code: "lease.reclaiming", message: "The node takes its machine back" });
    this.#updates.look(head, snapshot.headTime);
  }
}

/** What a step failed with that must not hold up the others. */
async function failureOf(step: Promise<void>): Promise<unknown> {
  try {
    await step;
    return undefined;
  } catch (error) {
    return error;
  }
}
