/** Body of the thread that computes the work load over and over, and tells how fast it was. */
import { parentPort } from "node:worker_threads";
import { bytesToHex, numberToBytes } from "viem";
import { Lane } from "./lane.ts";
import { type SpeedReply, type SpeedRequest } from "./speed-messages.ts";

const STEPS_LOG2 = 18;
/** Of the CPU chain of a capacity round: 2 MiB. */
const WINDOW_LABELS = 2 ** 16;
const SEED = bytesToHex(numberToBytes(1, { size: 32 }));
/** What the work load comes to: a machine that computes something else is not measured. */
const ROOT = "0x312555545a9c5168c13ca23d4f5e5e086c9a2b6dd198b2c32e1e61d7c8643465";
const US_PER_MS = 1_000;

const lane = new Lane({ laneSeed: SEED, windowLabels: WINDOW_LABELS, stepsLog2: STEPS_LOG2 });

function answer(task: () => SpeedReply): void {
  let reply: SpeedReply;
  try {
    reply = task();
  } catch (error) {
    reply = { type: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
}

function wrongRoot(): SpeedReply | undefined {
  const root = lane.commit();
  return root === ROOT ? undefined : { type: "failed", message: `the work load came to ${root}` };
}

function work(milliseconds: number): SpeedReply {
  const [from, cpuFrom] = [performance.now(), process.threadCpuUsage()];
  for (let passes = 1; ; passes += 1) {
    const wrong = wrongRoot();
    if (wrong !== undefined) return wrong;
    const wallMs = performance.now() - from;
    if (wallMs < milliseconds) continue;
    const { user, system } = process.threadCpuUsage(cpuFrom);
    return { type: "done", labels: passes * 2 ** STEPS_LOG2, cpuMs: (user + system) / US_PER_MS, wallMs };
  }
}

parentPort?.on("message", ({ milliseconds }: SpeedRequest) => {
  answer(() => work(milliseconds));
});
// Once before anything counts: the program is compiled then, and its memory is there.
answer(() => wrongRoot() ?? { type: "ready" });
