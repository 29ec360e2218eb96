import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";

/** Most items of one feed frame. */
export const MAX_FEED_BATCH = 100;
/** Frames that a feed sends ahead of the reader's acknowledgement: bounds what any relay on the way must hold. */
export const FEED_WINDOW_FRAMES = 32;

/* eslint-disable @typescript-eslint/explicit-module-boundary-types -- the inferred union is the type of a frame */
/** Frames of a feed (logs, events), server → reader. */
export const feedFrameSchema = <Item extends z.ZodType>(item: Item) =>
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("items"),
      seq: z.number().int().min(1),
      items: z.array(item).max(MAX_FEED_BATCH),
    }),
    z.object({ type: z.literal("heartbeat") }),
    z.object({ type: z.literal("end") }),
    z.object({ type: z.literal("error"), error: wireErrorSchema }),
  ]);

/** Reader → server: all frames up to `seq` are consumed. */
export const feedAckSchema = z.strictObject({ type: z.literal("ack"), seq: z.number().int().min(1) });
