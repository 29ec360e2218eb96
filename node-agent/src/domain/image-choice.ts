import { type ContainerSpec } from "./workload.ts";

/** What is known of an image that a lease asks for the first time. */
export interface ImageSituation {
  readonly pullPolicy: ContainerSpec["pullPolicy"];
  /** The image is named by its digest. */
  readonly isPinned: boolean;
  /** The node pulled it before, and the engine still has it. */
  readonly pulled: { readonly isPublic: boolean } | undefined;
  /** The engine has the name from somewhere else: the owner's. */
  readonly isOwners: boolean;
}

/**
 * `pulled`: what the node pulled before. `owners`: what the owner has under this name. `registry`: whatever the registry
 * says, asked with the lease's own credentials. `none`: there is none for this lease, and none may be pulled.
 */
export type ImageChoice = "pulled" | "owners" | "registry" | "none";

/**
 * Where an image comes from. What came with credentials is for nobody who has not shown the registry its own, and an
 * engine does not ask for them again when it is told a digest that it has.
 */
export function chooseImage({ pullPolicy, isPinned, pulled, isOwners }: ImageSituation): ImageChoice {
  if (pullPolicy === "Always") return "registry";
  if (pulled?.isPublic === true) return "pulled";
  // An unknown digest may be a private one whose record is lost.
  if (pulled === undefined && isOwners && !isPinned) return "owners";
  return pullPolicy === "Never" ? "none" : "registry";
}

const GIB = 1n << 30n;
/** What an image may have beyond the storage that its service leased, in bytes. */
export const IMAGE_ALLOWANCE = 10n * GIB;

/** Most bytes that a service's image may have. */
export function largestImage({ storageBytes }: { readonly storageBytes: bigint }): bigint {
  return storageBytes + IMAGE_ALLOWANCE;
}
