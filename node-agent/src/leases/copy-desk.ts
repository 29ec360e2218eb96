import { ProtocolError } from "@fizz/protocol/errors";
import { type CopyCommand, type ExecCommand } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type CopySession, type Copies } from "../copy-ports.ts";
import {
  isNotThere,
  lookCommand,
  packCommand,
  splitPath,
  TAR_PROGRAMS,
  unpackCommand,
} from "../domain/tar-commands.ts";
import { type ExecSession, type Programs } from "../exec-ports.ts";

/**
 * Copies files with the container's own tar, run in the container as any program of its tenant: with its user, limits
 * and mounts, and nothing of the host in sight. This process reads and writes no file of a container, and the engine's
 * archive calls, which work on its file system from outside, are not used.
 */
export class CopyDesk implements Copies {
  readonly #programs: Programs;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  async open(leaseHash: Hex, command: CopyCommand, signal: AbortSignal): Promise<CopySession> {
    const run = async (words: readonly string[]): Promise<ExecSession> => {
      const { service, replica } = command;
      const wanted: ExecCommand = { service, replica, command: [...words], terminal: null };
      return await this.#programs.exec(leaseHash, wanted, signal);
    };
    const { direction, path } = command;
    if (direction === "out") {
      const { tar } = await findTar(run, "/");
      return { session: await run(packCommand(tar, path)), isFolder: false };
    }
    const { tar, isFolder } = await findTar(run, path);
    if (!isFolder && path.endsWith("/"))
      throw new ProtocolError("COPY_FAILED", `There is no folder ${path} in the container.`);
    const folder = isFolder ? path : splitPath(path).folder;
    return { session: await run(unpackCommand(tar, folder)), isFolder };
  }
}

interface FoundTar {
  readonly tar: readonly string[];
  /** It could enter the path. */
  readonly isFolder: boolean;
}

async function findTar(
  run: (words: readonly string[]) => Promise<ExecSession>,
  folder: string,
): Promise<FoundTar> {
  for (const tar of TAR_PROGRAMS) {
    const exitCode = await runToEnd(await run(lookCommand(tar, folder)));
    if (!isNotThere(exitCode)) return { tar, isFolder: exitCode === 0 };
  }
  const message = "The container has no tar (nor a busybox), which copies need. Its image must bring one.";
  throw new ProtocolError("COPY_FAILED", message);
}

/** What it packs, or says of a folder that is not there, is no matter. */
async function runToEnd(session: ExecSession): Promise<number | null> {
  try {
    session.endInput();
    const words = session.output[Symbol.asyncIterator]();
    while ((await words.next()).done !== true);
    return await session.exitCode();
  } finally {
    session.close();
  }
}
