import type Docker from "dockerode";
import { z } from "zod";
import { callEngine } from "../call-engine.ts";

const NOT_FOUND = 404;
const imageSchema = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() });

/**
 * A reference that means the same image on every machine of a swarm, whatever becomes of its tag: by the digest of its
 * registry, else by its own id, which a machine that has it needs not pull. The reference itself when the manager has none.
 */
export async function imageEverywhere(docker: Docker, reference: string): Promise<string> {
  const found: unknown = await callEngine("Looking at an image", () => docker.getImage(reference).inspect(), [
    NOT_FOUND,
  ]);
  if (found === undefined) return reference;
  const { Id, RepoDigests } = imageSchema.parse(found);
  const name = nameOf(reference);
  const digests = RepoDigests ?? [];
  return digests.find((digest) => nameOf(digest) === name) ?? digests[0] ?? Id;
}

/** Without tag and digest. */
function nameOf(reference: string): string {
  const [name = reference] = reference.split("@");
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
}
