import { ProtocolError } from "@fizz/protocol/errors";
import { type DiskRule, isNearlyFull } from "../domain/disk-room.ts";
import { chooseImage, largestImage } from "../domain/image-choice.ts";
import { canonicalReference, isPinned, registryAuthOf, withDigest } from "../domain/image-reference.ts";
import { type PulledImage, withPin } from "../domain/pulled-image.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import {
  type DiskGauge,
  type ImageBook,
  type ImageProvider,
  type Images,
  type ProvidedImage,
} from "../image-ports.ts";
import { type Clock, type Engine, type ImageFacts, type LeaseStore } from "../ports.ts";
import { type PullAsk, SharedPulls } from "./shared-pulls.ts";
import { type RegistryGuard } from "./registry-guard.ts";
import { imageKey } from "./spec-digest.ts";

/** The use of an image is written down at most this often, in milliseconds. */
const TOUCH_EVERY_MS = 3_600_000;
/** While something is pulled, the disk is looked at this often at most, in milliseconds. */
const DISK_EVERY_MS = 2_000;

export interface ImageSupplyComponents {
  readonly engine: Pick<Engine, "provideImage">;
  readonly images: Images;
  readonly book: ImageBook;
  readonly store: LeaseStore;
  readonly disk: DiskGauge;
  readonly clock: Clock;
  /** Which registries are asked; all of them when left out. */
  readonly registries?: Pick<RegistryGuard, "require">;
  /** The disk is nearly full. */
  readonly onShortage: () => void;
}

/**
 * Images for containers. The first container of a service decides which image its tag means; it is kept with the lease,
 * so that replicas and later starts get the same. What is pulled is pulled by digest: tags of the owner stay as they are.
 */
export class ImageSupply implements ImageProvider {
  readonly #components: ImageSupplyComponents;
  readonly #rule: DiskRule;
  readonly #pulls = new SharedPulls();

  constructor(components: ImageSupplyComponents, rule: DiskRule) {
    this.#components = components;
    this.#rule = rule;
  }

  async provide(spec: ContainerSpec, ask: PullAsk): Promise<ProvidedImage> {
    const { images, store } = this.#components;
    const key = imageKey(spec);
    const pin = store.find(spec.leaseHash)?.images[key];
    if (pin !== undefined) {
      if (isPinned(pin)) return await this.#fetch(spec, pin, ask);
      // The owner's, by its id: it may be gone.
      if ((await images.find(pin, ask.signal)) !== undefined) return await this.#take(spec, pin, ask);
    }
    const provided = await this.#choose(spec, ask);
    const { reference } = provided;
    await store.change(spec.leaseHash, (lease) => ({
      ...lease,
      images: withPin(lease.images, key, reference),
    }));
    return provided;
  }

  async #choose(spec: ContainerSpec, ask: PullAsk): Promise<ProvidedImage> {
    const { images, book } = this.#components;
    const { signal } = ask;
    const { pullPolicy } = spec;
    const name = canonicalReference(spec.image);
    const known = book.find(name);
    const pulled = known !== undefined && (await images.find(known.reference, signal)) ? known : undefined;
    const own = await images.find(name, signal);
    const situation = { pullPolicy, isPinned: isPinned(name), pulled, isOwners: own !== undefined };
    const choice = chooseImage(situation);
    if (choice === "pulled" && pulled !== undefined) return await this.#fetch(spec, pulled.reference, ask);
    if (choice === "owners" && own !== undefined) return await this.#take(spec, own.id, ask);
    if (choice === "none")
      throw pullFailed(spec, "it is not on the node for this lease, and the pull policy is Never", false);
    await this.#components.registries?.require(spec.image);
    const digest = await images.resolve({ ...spec, image: name }, signal);
    return await this.#fetch(spec, withDigest(name, digest), ask);
  }

  /** What the engine has, by whatever name. */
  async #take(
    spec: ContainerSpec,
    reference: string,
    { onProgress, signal }: PullAsk,
  ): Promise<ProvidedImage> {
    const local = { ...spec, image: reference, pullPolicy: "Never" as const };
    return { ...(await this.#components.engine.provideImage(local, onProgress, signal)), reference };
  }

  /** An image by its digest, pulled where the engine does not have it. Whether the lease may have it is known by now. */
  async #fetch(spec: ContainerSpec, reference: string, ask: PullAsk): Promise<ProvidedImage> {
    const { images, book, clock } = this.#components;
    const name = canonicalReference(spec.image);
    const entry = { name, reference, isPublic: registryAuthOf(spec) === undefined, usedAt: clock.now() };
    const known = book.find(name);
    if ((await images.find(reference, ask.signal)) !== undefined) {
      if (known !== undefined) await this.#touch(known, entry);
      return requireFit(spec, await this.#take(spec, reference, ask));
    }
    // Before the pull: one that a crash interrupts is not the owner's.
    await book.save(entry);
    return requireFit(spec, { ...(await this.#pull(spec, reference, ask)), reference });
  }

  async #touch(known: PulledImage, entry: PulledImage): Promise<void> {
    const isSame = known.reference === entry.reference;
    const isPublic = entry.isPublic || (isSame && known.isPublic);
    if (isSame && isPublic === known.isPublic && entry.usedAt - known.usedAt < TOUCH_EVERY_MS) return;
    await this.#components.book.save({ ...entry, isPublic });
  }

  async #pull(spec: ContainerSpec, reference: string, ask: PullAsk): Promise<ImageFacts> {
    const { engine, registries } = this.#components;
    await registries?.require(spec.image);
    await this.#requireRoom(spec);
    const tooMuch = new AbortController();
    const watch = this.#watch(spec, tooMuch);
    const signal = AbortSignal.any([ask.signal, tooMuch.signal]);
    const onProgress: PullAsk["onProgress"] = (percent, totalBytes) => {
      watch(totalBytes ?? 0);
      ask.onProgress(percent, totalBytes);
    };
    // Whoever shows other credentials pulls with those; the engine itself gets each layer once.
    const key = JSON.stringify([reference, spec.credentials]);
    const wanted = { ...spec, image: reference, pullPolicy: "IfNotPresent" as const };
    try {
      return await this.#pulls.join(key, { onProgress, signal }, async (shared) => {
        return await engine.provideImage(wanted, shared.onProgress, shared.signal);
      });
    } catch (error) {
      throw tooMuch.signal.aborted ? tooMuch.signal.reason : error;
    }
  }

  /** Ends a pull that turns out too large, or that fills the disk. */
  #watch(spec: ContainerSpec, tooMuch: AbortController): (totalBytes: number) => void {
    const { clock } = this.#components;
    let lookedAt = clock.now();
    return (totalBytes) => {
      if (BigInt(totalBytes) > largestImage(spec.limits)) tooMuch.abort(tooLarge(spec));
      const now = clock.now();
      if (now - lookedAt < DISK_EVERY_MS) return;
      lookedAt = now;
      this.#requireRoom(spec).catch((error: unknown) => {
        tooMuch.abort(error);
      });
    };
  }

  async #requireRoom(spec: ContainerSpec): Promise<void> {
    const space = await this.#components.disk.read();
    if (space === undefined || !isNearlyFull(space, this.#rule)) return;
    this.#components.onShortage();
    throw pullFailed(spec, "the disk of the node is nearly full", true);
  }
}

/** Whoever pulled it. */
function requireFit(spec: ContainerSpec, image: ProvidedImage): ProvidedImage {
  if (BigInt(image.sizeBytes) > largestImage(spec.limits)) throw tooLarge(spec);
  return image;
}

function tooLarge(spec: ContainerSpec): ProtocolError {
  const gib = Number(largestImage(spec.limits) >> 20n) / 1_024;
  return pullFailed(spec, `it is larger than the ${gib.toFixed(1)} GiB that this lease may pull`, false);
}

function pullFailed({ image }: ContainerSpec, reason: string, retryable: boolean): ProtocolError {
  return new ProtocolError("IMAGE_PULL_FAILED", `The image ${image} cannot be pulled: ${reason}`, {
    retryable,
  });
}
