import { type ContainerSpec } from "./domain/workload.ts";
import { type PulledImage } from "./domain/pulled-image.ts";
import { type ImageFacts, type OnPullProgress } from "./ports.ts";

/** What an image is named by, and who asks for it. */
export type ImageRequest = Pick<ContainerSpec, "image" | "credentials">;

/** An image as the engine lists it. */
export interface ListedImage {
  /** The engine's own id. */
  readonly id: string;
  /** `repository@sha256:…` */
  readonly references: readonly string[];
  /** Unpacked, layers shared with others included. */
  readonly sizeBytes: number;
}

/** Images of an engine, and the registries that it reaches. Throws as Engine. */
export interface Images {
  /** Undefined when the engine has nothing under this name. */
  find(reference: string, signal: AbortSignal): Promise<ImageFacts | undefined>;
  /**
   * Asks the registry, always, whether these credentials may read an image.
   *
   * @returns Its digest there now: `sha256:` and 64 hex digits.
   * @throws ProtocolError IMAGE_PULL_FAILED, `retryable` false when it is missing or denied
   */
  resolve(request: ImageRequest, signal: AbortSignal): Promise<string>;
  list(signal: AbortSignal): Promise<readonly ListedImage[]>;
  /** Takes a name away, and with its last name the image. False while a container needs it. */
  remove(reference: string, signal: AbortSignal): Promise<boolean>;
}

/** What the node pulled itself. Each write is durable when its promise resolves. Throws STORE_FAILED. */
export interface ImageBook {
  images(): readonly PulledImage[];
  /** What was saved last under a name. */
  find(name: string): PulledImage | undefined;
  /** Adds or replaces, by name and reference. */
  save(image: PulledImage): Promise<void>;
  /** By all of its names. */
  remove(reference: string): Promise<void>;
}

/** Room on the disk that images and containers share. Bytes. */
export interface DiskSpace {
  readonly freeBytes: bigint;
  readonly totalBytes: bigint;
}

export interface DiskGauge {
  /** Undefined where it cannot be told, such as of an engine on another machine. Never throws. */
  read(): Promise<DiskSpace | undefined>;
}

/** An image for a container, by a reference that always means the same. */
export interface ProvidedImage extends ImageFacts {
  readonly reference: string;
}

/** Makes images available. */
export interface ImageProvider {
  /** @throws ProtocolError as Engine; IMAGE_PULL_FAILED also for what is too large, or for a full disk */
  provide(
    spec: ContainerSpec,
    ask: { readonly onProgress: OnPullProgress; readonly signal: AbortSignal },
  ): Promise<ProvidedImage>;
}
