/** Body of the thread that computes the chains of one lane. It is ended from outside, which frees its memory. */
import { parentPort } from "node:worker_threads";
import { type WorkKind } from "@fizz/protocol/capacity";
import { ProtocolError } from "@fizz/protocol/errors";
import { type LaneReply, type LaneRequest } from "./lane-messages.ts";
import { Lane } from "./lane.ts";

const lanes = new Map<WorkKind, Lane>();

parentPort?.on("message", (request: LaneRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer(request: LaneRequest): LaneReply {
  try {
    if (request.type === "commit") {
      const lane = new Lane(request.input);
      lanes.set(request.kind, lane);
      return { type: "committed", root: lane.commit() };
    }
    const lane = lanes.get(request.kind);
    if (lane === undefined) throw new ProtocolError("INTERNAL", `No ${request.kind} chain was committed.`);
    return { type: "opened", parts: lane.open(request.segments) };
  } catch (error) {
    return { type: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
