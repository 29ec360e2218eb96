import { z } from "zod";

/** How what a container has on disk is held to its lease: by the file system (`quota`), or by looks and an end (`watch`). */
export const diskMethodSchema = z.enum(["quota", "watch"]);
export type DiskMethod = z.infer<typeof diskMethodSchema>;

/** The same for people, on every surface. */
export const diskMethodTexts: Readonly<
  Record<DiskMethod, { readonly name: string; readonly meaning: string }>
> = {
  quota: {
    name: "by the file system",
    meaning: "Writes of a container fail once it has on disk what it leased.",
  },
  watch: {
    name: "by watching",
    meaning:
      "The node looks how much a container has on disk. One with more than it leased is ended and made anew; " +
      "only what is in persistent volumes stays.",
  },
};

/** Agents that do not say how they do it watch. */
export function diskMethodOf({ disk = "watch" }: { readonly disk?: DiskMethod | undefined }): DiskMethod {
  return disk;
}
