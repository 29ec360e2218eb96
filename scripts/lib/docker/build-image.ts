import type Dockerode from "dockerode";
import { ScriptError } from "../script-error.ts";

/** What an image is made of. */
export interface ImageInit {
  /** Folder with the Dockerfile. */
  readonly context: string;
  /** Files and folders of it that are sent. */
  readonly src: string[];
  readonly tag: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Its commands run in the machine's own network: for an engine that has no default bridge. */
  readonly isOnHostNetwork?: boolean;
}

/** Builds an image to its end. @throws ScriptError IMAGE_BUILD_FAILED with what the engine says */
export async function buildImage(
  docker: Dockerode,
  { context, src, tag, labels = {}, isOnHostNetwork = false }: ImageInit,
): Promise<void> {
  const network = isOnHostNetwork ? { networkmode: "host" } : {};
  const output = await docker.buildImage({ context, src }, { t: tag, labels, forcerm: true, ...network });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error: Error | null, messages: { error?: string }[]) => {
      const failed = error?.message ?? messages.find((message) => message.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new ScriptError("IMAGE_BUILD_FAILED", `The image ${tag} could not be built: ${failed}`));
    });
  });
}
