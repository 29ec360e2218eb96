import { MAX_REPLICAS } from "../manifest/limits.ts";
import { type Spot } from "./spot.ts";

/** A number of replicas that a manifest allows. */
export function readReplicas(spot: Spot): number {
  const wanted = /^\d{1,6}$/.test(spot.text ?? "") ? Number(spot.text) : Number.NaN;
  if (wanted >= 1 && wanted <= MAX_REPLICAS) return wanted;
  const kept = wanted > MAX_REPLICAS ? MAX_REPLICAS : 1;
  spot.note("CONVERT_REPLICAS", {
    done: `${kept} replica${kept === 1 ? "" : "s"}`,
    message: `A service has 1 to ${MAX_REPLICAS} replicas.`,
  });
  return kept;
}
