import type Docker from "dockerode";
import { type Images, type ImageRequest, type ListedImage } from "../image-ports.ts";
import { type ImageFacts } from "../ports.ts";
import { callEngine } from "./call-engine.ts";
import { connectDocker } from "./docker-client.ts";
import { engineError, statusOf } from "./engine-error.ts";
import { findImage, resolveImage } from "./pull-image.ts";

const NOT_FOUND = 404;
const CONFLICT = 409;

/** Images of one Docker Engine. */
export class DockerImages implements Images {
  readonly #docker: Docker;

  /** @param host As `DockerEngineInit` */
  constructor({ host }: { readonly host: string }) {
    this.#docker = connectDocker(host);
  }

  async find(reference: string): Promise<ImageFacts | undefined> {
    return await findImage(this.#docker, reference);
  }

  async resolve(request: ImageRequest, signal: AbortSignal): Promise<string> {
    return await resolveImage(this.#docker, request, signal);
  }

  async list(signal: AbortSignal): Promise<readonly ListedImage[]> {
    const list = await callEngine("Listing images", () => this.#docker.listImages({ abortSignal: signal }));
    return list.map(({ Id: id, RepoDigests, Size: sizeBytes }) => {
      // The engine writes null for none.
      const references = (RepoDigests as readonly string[] | null | undefined) ?? [];
      return { id, references, sizeBytes };
    });
  }

  async remove(reference: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#docker.getImage(reference).remove({ abortSignal: signal });
      return true;
    } catch (error) {
      if (statusOf(error) === NOT_FOUND) return true;
      if (statusOf(error) === CONFLICT) return false;
      throw engineError(error, `Removing the image ${reference}`);
    }
  }
}
