import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { callEngine } from "./call-engine.ts";
import { provideImage } from "./pull-image.ts";

/** Name of the image that is built on the node unless the owner names another. */
export const SANDBOX_IMAGE = "fizz/sandbox:1";
/** Label with the hash of what the image was built from. */
export const CONTENT_LABEL = "fizz.content";
/** Folder of the Dockerfile and of what goes into the image. */
export const SANDBOX_SOURCE = fileURLToPath(new URL("../../sandbox", import.meta.url));

const NOT_FOUND = 404;

/** Files of the image's source, in order. */
export async function sandboxFiles(): Promise<string[]> {
  return (await readdir(SANDBOX_SOURCE)).sort();
}

/** Hash of the image's source: an image with another one is built anew. */
export async function sandboxContent(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of await sandboxFiles())
    hash.update(name).update(await readFile(join(SANDBOX_SOURCE, name)));
  return hash.digest("hex");
}

/**
 * Makes the image of the sandboxes available: a reference of the owner's is pulled, the built-in one is built from the
 * Dockerfile beside this program, each unless the engine has it.
 *
 * @throws ProtocolError IMAGE_PULL_FAILED, ENGINE_FAILED with what to do, ENGINE_UNREACHABLE, TIMEOUT
 */
export async function provideSandboxImage(
  docker: Docker,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  if (reference !== SANDBOX_IMAGE) {
    const image = { image: reference, pullPolicy: "IfNotPresent", credentials: null } as const;
    await provideImage(docker, image, { onProgress: () => undefined, signal });
    return;
  }
  const content = await sandboxContent();
  const found = await callEngine(
    "Looking for the sandbox image",
    () => docker.getImage(SANDBOX_IMAGE).inspect(),
    [NOT_FOUND],
  );
  const labels = found?.Config.Labels as Readonly<Record<string, string>> | null | undefined;
  if (labels?.[CONTENT_LABEL] !== content) await build(docker, content, signal);
}

async function build(docker: Docker, content: string, signal: AbortSignal): Promise<void> {
  const context = { context: SANDBOX_SOURCE, src: await sandboxFiles() };
  const options = {
    t: SANDBOX_IMAGE,
    labels: { [CONTENT_LABEL]: content },
    forcerm: true,
    abortSignal: signal,
  };
  const output = await callEngine("Building the sandbox image", () => docker.buildImage(context, options));
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error: Error | null, messages: { error?: string }[]) => {
      const failed = error?.message ?? messages.find((message) => message.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(buildFailed(failed));
    });
  });
}

function buildFailed(reason: string): ProtocolError {
  const message =
    `The image ${SANDBOX_IMAGE}, without which no container starts, could not be built: ${reason}. ` +
    "It needs the image registry and the package archive that node-agent/sandbox/Dockerfile names; " +
    "FIZZ_NODE_SANDBOX_IMAGE names an image from elsewhere.";
  return new ProtocolError("ENGINE_FAILED", message);
}
