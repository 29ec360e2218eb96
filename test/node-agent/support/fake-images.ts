import { ProtocolError } from "@fizz/protocol/errors";
import { createHash } from "node:crypto";
import { isPinned, canonicalReference } from "../../../node-agent/src/domain/image-reference.ts";
import { type PulledImage } from "../../../node-agent/src/domain/pulled-image.ts";
import {
  type ImageBook,
  type ImageRequest,
  type Images,
  type ListedImage,
} from "../../../node-agent/src/image-ports.ts";
import { ImageSupply, type ImageSupplyComponents } from "../../../node-agent/src/leases/image-supply.ts";
import { type ImageFacts } from "../../../node-agent/src/ports.ts";

/** What a fake machine has of images. */
export interface FakeImageHost {
  /** Canonical names. */
  readonly images: Set<string>;
  readonly registry: ReadonlyMap<string, { readonly digest: string; readonly password?: string }>;
  /** Registries have whatever anybody names. */
  readonly hasAllImages: boolean;
  readonly imageBytes: number;
  readonly ports: readonly string[];
  readonly containers: ReadonlyMap<string, { readonly spec: { readonly image: string } }>;
}

const ID = /^sha256:[0-9a-f]{64}$/;

function idOf(name: string): string {
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** By a name or by an id, as an engine finds it. */
export function findFakeImage(machine: FakeImageHost, image: string): ImageFacts | undefined {
  const found = [...machine.images].find((name) =>
    ID.test(image) ? idOf(name) === image : name === canonicalReference(image),
  );
  if (found === undefined) return undefined;
  return { id: idOf(found), sizeBytes: machine.imageBytes, ports: machine.ports };
}

/** Images of a fake machine. */
export class FakeImages implements Images {
  readonly #machine: FakeImageHost;
  /** Names for which a registry was asked. */
  readonly asked: string[] = [];

  constructor(machine: FakeImageHost) {
    this.#machine = machine;
  }

  async find(reference: string): Promise<ImageFacts | undefined> {
    await Promise.resolve();
    return findFakeImage(this.#machine, reference);
  }

  async resolve({ image, credentials }: ImageRequest): Promise<string> {
    await Promise.resolve();
    this.asked.push(image);
    const name = canonicalReference(image);
    const { registry } = this.#machine;
    const entry = isPinned(name)
      ? [...registry].find(([tag, { digest }]) => name === `${tag.replace(/:[^:/]*$/, "")}@${digest}`)?.[1]
      : registry.get(name);
    if (entry === undefined && this.#machine.hasAllImages) return idOf(name);
    if (entry === undefined) throw refused("manifest unknown");
    if (entry.password !== undefined && entry.password !== credentials?.password)
      throw refused("unauthorized");
    return entry.digest;
  }

  async list(): Promise<readonly ListedImage[]> {
    await Promise.resolve();
    return [...this.#machine.images].map((name) => ({
      id: idOf(name),
      references: isPinned(name) ? [name] : [],
      sizeBytes: this.#machine.imageBytes,
    }));
  }

  async remove(reference: string): Promise<boolean> {
    await Promise.resolve();
    const isUsed = [...this.#machine.containers.values()].some(({ spec }) => spec.image === reference);
    if (!isUsed) this.#machine.images.delete(reference);
    return !isUsed;
  }
}

/** A book without a file. */
export class MemoryImages implements ImageBook {
  #images: PulledImage[] = [];

  images(): readonly PulledImage[] {
    return this.#images;
  }
  find(name: string): PulledImage | undefined {
    return this.#images.findLast((image) => image.name === name);
  }
  async save(image: PulledImage): Promise<void> {
    const { name, reference } = image;
    const others = this.#images.filter((other) => other.name !== name || other.reference !== reference);
    this.#images = [...others, image];
    await Promise.resolve();
  }
  async remove(reference: string): Promise<void> {
    this.#images = this.#images.filter((image) => image.reference !== reference);
    await Promise.resolve();
  }
}

/** On a disk with room. */
export function fakeSupply(components: Omit<ImageSupplyComponents, "disk" | "onShortage">): ImageSupply {
  const disk = {
    read: () => Promise.resolve(undefined),
  };
  return new ImageSupply({ ...components, disk, onShortage: () => undefined }, { reserveBytes: 1n });
}

function refused(reason: string): ProtocolError {
  return new ProtocolError("IMAGE_PULL_FAILED", reason, { retryable: false });
}
