import { ProtocolError } from "@fizz/protocol/errors";
import { OperatorSocket } from "@fizz/protocol/node";
import { z } from "zod";
import { type OperatorDesk } from "../ports.ts";

/** Longest drain that can be asked for: a week. */
const MAX_DRAIN_SECONDS = 7 * 86_400;
const MS_PER_SECOND = 1_000;

const drainSchema = z.strictObject({ withinSeconds: z.number().min(0).max(MAX_DRAIN_SECONDS) });

/** `GET /status`, `POST /drain`, `POST /reload`, JSON both ways. */
export function operatorSocket(path: string, desk: OperatorDesk): OperatorSocket {
  return new OperatorSocket(path, async (call, readBody) => {
    if (call === "GET /status") return desk.status();
    if (call === "POST /reload") return await desk.reload();
    if (call !== "POST /drain")
      throw new ProtocolError("INPUT_INVALID", "There are GET /status, POST /drain and POST /reload.");
    const wish = drainSchema.safeParse(await readBody());
    if (!wish.success)
      throw new ProtocolError("INPUT_INVALID", `withinSeconds is a number from 0 to ${MAX_DRAIN_SECONDS}.`);
    return desk.drain(wish.data.withinSeconds * MS_PER_SECOND);
  });
}
