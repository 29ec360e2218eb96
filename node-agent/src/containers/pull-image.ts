import { createInterface } from "node:readline";
import { type Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { z } from "zod";
import { type ContainerSpec } from "../domain/workload.ts";
import { type ImageFacts } from "../ports.ts";
import { engineError, engineMessage, statusOf } from "./engine-error.ts";
import { readable } from "./readable.ts";
import { pullReferenceOf, registryAuthOf } from "./image-reference.ts";

/** Answers after which another try would fail as well. */
const FINAL =
  /not found|manifest unknown|no matching manifest|denied|unauthorized|authentication required|no basic auth|incorrect username|invalid reference|name unknown|does not exist/i;
/** What registries say when they are only busy; looks final otherwise. */
const TEMPORARY = /toomanyrequests|rate limit|timeout|temporar/i;
/** Most layers of which progress is counted. */
const MAX_LAYERS = 1_000;

/** Most ports of an image that are looked at. */
const MAX_IMAGE_PORTS = 1_000;
const NO_FACTS: ImageFacts = { ports: [] };

const imageSchema = z.object({
  Config: z.object({ ExposedPorts: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

const progressSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
  error: z.string().optional(),
});
type Progress = z.infer<typeof progressSchema>;

interface Layer {
  readonly current: number;
  readonly total: number;
}
type Layers = Map<string, Layer>;

export type OnProgress = (percent: number | null) => void;

/**
 * Makes an image available as its pull policy says.
 *
 * @returns What the image tells about itself.
 * @throws ProtocolError IMAGE_PULL_FAILED, `retryable` false when it is missing or denied; ENGINE_UNREACHABLE, TIMEOUT
 */
export async function provideImage(
  docker: Docker,
  spec: Pick<ContainerSpec, "image" | "pullPolicy" | "credentials">,
  { onProgress, signal }: { onProgress: OnProgress; signal: AbortSignal },
): Promise<ImageFacts> {
  const { image, pullPolicy } = spec;
  const present = pullPolicy === "Always" ? undefined : await factsOf(docker, image);
  if (present !== undefined) return present;
  if (pullPolicy === "Never")
    throw pullFailed(image, "it is not on the node, and the pull policy is Never", { retryable: false });
  try {
    const authconfig = registryAuthOf(spec);
    const options = { abortSignal: signal, ...(authconfig === undefined ? {} : { authconfig }) };
    const stream = await docker.pull(pullReferenceOf(image), options);
    await readProgress(readable(stream), { onProgress, signal });
  } catch (error) {
    if (statusOf(error) === undefined && !(error instanceof PullError))
      throw engineError(error, `Pulling ${image}`);
    const reason = engineMessage(error);
    throw pullFailed(image, reason, { retryable: !isFinal(reason), cause: error });
  }
  return (await factsOf(docker, image)) ?? NO_FACTS;
}

/** Undefined when the image is not on the machine. */
async function factsOf(docker: Docker, image: string): Promise<ImageFacts | undefined> {
  try {
    const found: unknown = await docker.getImage(pullReferenceOf(image)).inspect();
    const { ExposedPorts } = imageSchema.parse(found).Config ?? {};
    return { ports: Object.keys(ExposedPorts ?? {}).slice(0, MAX_IMAGE_PORTS) };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw engineError(error, `Looking for the image ${image}`);
  }
}

/** What the engine reports inside the stream of a pull. */
class PullError extends Error {
  override readonly name = "PullError";
}

async function readProgress(
  stream: Readable,
  { onProgress, signal }: { onProgress: OnProgress; signal: AbortSignal },
): Promise<void> {
  const layers = new Map<string, Layer>();
  const onAbort = (): void => {
    stream.destroy(new DOMException("The pull was stopped.", "AbortError"));
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const lines = createInterface({ input: stream, crlfDelay: Infinity });
    // readline does not end its iterator when the stream breaks.
    const broken = new Promise<never>((_resolve, reject) => stream.once("error", reject));
    await Promise.race([broken, readLines(lines, layers, onProgress)]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

async function readLines(
  lines: AsyncIterable<string>,
  layers: Layers,
  onProgress: OnProgress,
): Promise<void> {
  for await (const line of lines) {
    const progress = parseProgress(line);
    if (progress === undefined) continue;
    if (progress.error !== undefined) throw new PullError(progress.error);
    onProgress(count(layers, progress));
  }
}

function parseProgress(line: string): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Share of the bytes that are here, 0 to 100; null while no size is known. */
function count(layers: Layers, progress: Progress): number | null {
  noteLayer(layers, progress);
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += layer.current;
    total += layer.total;
  }
  return total === 0 ? null : Math.floor((100 * current) / total);
}

function noteLayer(layers: Layers, { id, status = "", progressDetail = {} }: Progress): void {
  if (id === undefined) return;
  const known = layers.get(id);
  const { current = 0, total } = progressDetail;
  if (status === "Downloading" && total !== undefined && layers.size < MAX_LAYERS)
    layers.set(id, { current, total });
  else if (known !== undefined && /^(Download complete|Extracting|Pull complete)/.test(status))
    layers.set(id, { current: known.total, total: known.total });
}

function isFinal(reason: string): boolean {
  return FINAL.test(reason) && !TEMPORARY.test(reason);
}

function pullFailed(
  image: string,
  reason: string,
  options: { retryable: boolean; cause?: unknown },
): ProtocolError {
  return new ProtocolError("IMAGE_PULL_FAILED", `The image ${image} cannot be pulled: ${reason}`, options);
}
