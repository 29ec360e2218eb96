import { createInterface } from "node:readline";
import { type Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { z } from "zod";
import { pullReferenceOf, registryAuthOf } from "../domain/image-reference.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import { type ImageRequest } from "../image-ports.ts";
import { type ImageFacts, type OnPullProgress } from "../ports.ts";
import { engineError, engineMessage, statusOf } from "./engine-error.ts";
import { readable } from "./readable.ts";
import { whenAborted } from "./when-aborted.ts";

/** Answers after which another try would fail as well. */
const FINAL =
  /not found|manifest unknown|no matching manifest|denied|unauthorized|authentication required|no basic auth|incorrect username|invalid reference|name unknown|does not exist/i;
/** What registries say when they are only busy; looks final otherwise. */
const TEMPORARY = /toomanyrequests|rate limit|timeout|temporar/i;
/** Most layers of which progress is counted. */
const MAX_LAYERS = 1_000;

/** Most ports of an image that are looked at. */
const MAX_IMAGE_PORTS = 1_000;

const imageSchema = z.object({
  Id: z.string(),
  Size: z.number().min(0).catch(0),
  Config: z.object({ ExposedPorts: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

const distributionSchema = z.object({
  Descriptor: z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
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

/**
 * Makes an image available as its pull policy says.
 *
 * @returns What the image tells about itself.
 * @throws ProtocolError IMAGE_PULL_FAILED, `retryable` false when it is missing or denied; ENGINE_UNREACHABLE, TIMEOUT
 */
export async function provideImage(
  docker: Docker,
  spec: ImageRequest & Pick<ContainerSpec, "pullPolicy">,
  { onProgress, signal }: { onProgress: OnPullProgress; signal: AbortSignal },
): Promise<ImageFacts> {
  const { image, pullPolicy } = spec;
  const present = pullPolicy === "Always" ? undefined : await findImage(docker, image);
  if (present !== undefined) return present;
  if (pullPolicy === "Never")
    throw pullFailed(spec, "it is not on the node, and the pull policy is Never", { retryable: false });
  try {
    const authconfig = registryAuthOf(spec);
    const options = { abortSignal: signal, ...(authconfig === undefined ? {} : { authconfig }) };
    const stream = await docker.pull(pullReferenceOf(image), options);
    await readProgress(readable(stream), { onProgress, signal });
  } catch (error) {
    throw refusedBy(error, spec);
  }
  const pulled = await findImage(docker, image);
  if (pulled !== undefined) return pulled;
  throw pullFailed(spec, "it was removed at once", { retryable: true });
}

/**
 * Asks the registry of an image for its digest. The engine keeps no answer, so whoever may not read it is refused however
 * much of it is here.
 *
 * @throws ProtocolError as {@link provideImage}
 */
export async function resolveImage(
  docker: Docker,
  request: ImageRequest,
  signal: AbortSignal,
): Promise<string> {
  try {
    const authconfig = registryAuthOf(request);
    const image = docker.getImage(pullReferenceOf(request.image));
    const asked: Promise<unknown> = image.distribution(authconfig === undefined ? {} : { authconfig });
    // The client takes no signal here.
    return distributionSchema.parse(await Promise.race([asked, whenAborted(signal)])).Descriptor.digest;
  } catch (error) {
    throw refusedBy(error, request);
  }
}

/** What a registry, or an engine in its name, answered. */
function refusedBy(error: unknown, request: ImageRequest): ProtocolError {
  if (statusOf(error) === undefined && !(error instanceof PullError))
    return engineError(error, `Pulling ${request.image}`);
  const reason = engineMessage(error);
  return pullFailed(request, reason, { retryable: !isFinal(reason) });
}

/** Undefined when the image is not on the machine. @throws ProtocolError as Engine */
export async function findImage(docker: Docker, image: string): Promise<ImageFacts | undefined> {
  try {
    const found: unknown = await docker.getImage(pullReferenceOf(image)).inspect();
    const { Id: id, Size: sizeBytes, Config: config } = imageSchema.parse(found);
    const ports = Object.keys(config?.ExposedPorts ?? {}).slice(0, MAX_IMAGE_PORTS);
    return { id, sizeBytes, ports };
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
  { onProgress, signal }: { onProgress: OnPullProgress; signal: AbortSignal },
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
  onProgress: OnPullProgress,
): Promise<void> {
  for await (const line of lines) {
    const progress = parseProgress(line);
    if (progress === undefined) continue;
    if (progress.error !== undefined) throw new PullError(progress.error);
    noteLayer(layers, progress);
    onProgress(...count(layers));
  }
}

function parseProgress(line: string): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Share of the bytes that are here, 0 to 100, null while no size is known; and how many there are. */
function count(layers: Layers): [percent: number | null, totalBytes: number] {
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += layer.current;
    total += layer.total;
  }
  return [total === 0 ? null : Math.floor((100 * current) / total), total];
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

/** A registry may say anything: neither password nor cause go on from here. */
function pullFailed(
  { image, credentials }: ImageRequest,
  reason: string,
  options: { retryable: boolean },
): ProtocolError {
  const { username = "", password = "" } = credentials ?? {};
  const basic = Buffer.from(`${username}:${password}`).toString("base64");
  const secrets = password === "" ? [] : [password, encodeURIComponent(password), basic];
  const told = secrets.reduce((text, secret) => text.replaceAll(secret, "***"), reason);
  return new ProtocolError("IMAGE_PULL_FAILED", `The image ${image} cannot be pulled: ${told}`, options);
}
