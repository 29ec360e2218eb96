/** An image that the node pulled for a lease. What the owner has on the machine is none of these. */
export interface PulledImage {
  /** What was asked for, in its canonical form. */
  readonly name: string;
  /** What was pulled: `repository@sha256:…` */
  readonly reference: string;
  /** The registry gave it to somebody without credentials: everybody may have it. */
  readonly isPublic: boolean;
  /** Unix milliseconds at which a container was last made of it. */
  readonly usedAt: number;
}

/** Most images that are pinned for one lease: 32 services in three versions. */
export const MAX_PINS = 96;

/** By key of what asks for the image; its reference by digest, or the engine's id of one without. */
export type ImagePins = Readonly<Record<string, string>>;

/** Adds a pin; the oldest go first. */
export function withPin(pins: ImagePins, key: string, reference: string): ImagePins {
  const others = Object.entries(pins).filter(([known]) => known !== key);
  return Object.fromEntries([...others.slice(1 - MAX_PINS), [key, reference]]);
}
