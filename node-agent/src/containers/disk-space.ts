import { statfs } from "node:fs/promises";
import type Docker from "dockerode";
import { z } from "zod";
import { type DiskGauge, type DiskSpace } from "../image-ports.ts";
import { connectDocker } from "./docker-client.ts";

const UNIX = "unix://";
/** The folder of an engine does not move while it runs; it is asked for again after this time, in milliseconds. */
const ROOT_MS = 60_000;
const infoSchema = z.object({ DockerRootDir: z.string().min(1) });

/** The file system that holds images and containers of an engine on this machine. */
export class EngineDisk implements DiskGauge {
  readonly #docker: Docker | undefined;
  readonly #folder: string | undefined;
  #root: { readonly path: string; readonly at: number } | undefined;

  /**
   * @param host As `DockerEngineInit`; the disk of an engine that is reached by network is unknown
   * @param folder Any folder on it, for an agent that does not see the engine's own
   */
  constructor({ host, folder }: { readonly host: string; readonly folder?: string | undefined }) {
    this.#folder = folder;
    this.#docker = host.startsWith(UNIX) ? connectDocker(host) : undefined;
  }

  async read(): Promise<DiskSpace | undefined> {
    if (this.#docker === undefined) return undefined;
    try {
      const { bavail, bsize, blocks } = await statfs(this.#folder ?? (await this.#rootOf(this.#docker)), {
        bigint: true,
      });
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch {
      // The engine does not answer, or the agent runs in a container that does not see its folder.
      return undefined;
    }
  }

  async #rootOf(docker: Docker): Promise<string> {
    const now = performance.now();
    if (this.#root === undefined || now - this.#root.at >= ROOT_MS)
      this.#root = { path: infoSchema.parse(await docker.info()).DockerRootDir, at: now };
    return this.#root.path;
  }
}
