import { z } from "zod";
import { uintSchema } from "./primitives.ts";

/**
 * What the chain says of a node in a round of its subnet:
 *
 * - `convicted`: false capacity was proven; its leaf counts nothing.
 * - `omitted`: it answered on chain, and its gateway left it out.
 * - `void`: the root was proven false, so that nobody's capacity counts; it says nothing about the node.
 * - `included`: it answered on chain, and was shown to be under the root.
 * - `answered`: it answered on chain, and nobody has shown yet whether it is under the root.
 * - `unknown`: the chain does not say whether it passed. A root is one hash for all nodes; who is under it is known to
 *   the gateway that posted it. **Unknown is not failed.**
 */
export const roundResults = ["convicted", "omitted", "void", "included", "answered", "unknown"] as const;
export type RoundResult = (typeof roundResults)[number];

const roundSchema = z.number().int().min(1);

/** What the chain says of a node's capacity rounds (docs/CAPACITY.md). Times are Unix milliseconds of blocks. */
export const nodeRoundsSchema = z.object({
  /** What the chain says since then is told, and nothing of before; 0 for all of it. */
  since: z.number(),
  /** The newest round for which the gateway's subnet posted a root; null when it posted none. */
  posted: z
    .object({
      round: roundSchema,
      /** Of the post: the round had opened four to seven minutes before. */
      at: z.number(),
      /** Nodes that passed, by the root, and their points together, in tenths. */
      nodes: z.number().int(),
      points: uintSchema(64),
    })
    .nullable(),
  /** Of the node in `posted`. */
  result: z.enum(roundResults),
  /** Convictions of the node for false capacity, in any subnet, and the newest of them; null when there is none. */
  convicted: z
    .object({
      count: z.number().int().min(1),
      round: roundSchema,
      subnetId: z.number().int(),
      at: z.number(),
    })
    .nullable(),
  /** The newest round in which it answered on chain instead of to its gateway, and what came of it; null for none. */
  answered: z
    .object({ round: roundSchema, at: z.number(), outcome: z.enum(["open", "included", "omitted"]) })
    .nullable(),
  /** The newest round of the subnet that was counted; null for none. The chain counts subnets, not nodes. */
  finalised: z
    .object({
      round: roundSchema,
      at: z.number(),
      /** Points of all nodes that stand after all disputes, in tenths, and the seconds that the round stands for. */
      points: uintSchema(64),
      secondsCounted: z.number().int(),
    })
    .nullable(),
});
export type NodeRounds = z.infer<typeof nodeRoundsSchema>;
