import { basename, posix, resolve } from "node:path";
import { type CopyTalk } from "@fizz/protocol/control";
import { errorFromWire } from "@fizz/protocol/errors";
import { type CopyEnd, MAX_COPY_BYTES } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { parseId } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { MAX_ENTRIES } from "../copy/archive-rules.ts";
import { type ContainerPlace, readCopy } from "../copy/copy-place.ts";
import { CopyProgress } from "../copy/copy-progress.ts";
import { findFiles, packFiles } from "../copy/pack-files.ts";
import { localPlace, receiveFiles } from "../copy/receive-files.ts";
import { openSession } from "../session/open-session.ts";
import { requireRunningLease } from "../session/require-running-lease.ts";

interface Options {
  readonly lid: bigint;
}

export function addDeploymentCp(parent: Command, shell: Shell): void {
  parent
    .command("cp")
    .description("copy files and folders into a container of yours, or out of it, end to end encrypted")
    .argument("<from>", "a path here, or SERVICE:/PATH or SERVICE/REPLICA:/PATH in a container")
    .argument("<to>", "the other of the two")
    .requiredOption("--lid <id>", "number of the lease", parseId)
    .action(async (...[from, to, options, command]: ActionArguments) => {
      await shell.run(flagsOf(command), async (context) => {
        const { direction, local, remote } = readCopy(from, to);
        const copy = { context, lid: options.lid, local: resolve(local), typed: local, remote };
        await (direction === "in" ? bringIn(copy) : takeOut(copy));
      });
    });
}

type ActionArguments = [from: string, to: string, options: Options, command: Command];

interface Copy {
  readonly context: Context;
  readonly lid: bigint;
  readonly local: string;
  /** As it was written: a slash at its end says that it is a folder. */
  readonly typed: string;
  readonly remote: ContainerPlace;
}

async function bringIn(copy: Copy): Promise<void> {
  const { context, local, remote } = copy;
  const { signal, terminal } = context;
  const files = await findFiles(local, { entries: MAX_ENTRIES, bytes: MAX_COPY_BYTES });
  const talk = await open(copy, "in");
  const progress = new CopyProgress(terminal, files.bytes);
  try {
    const { isFolder } = await talk.place(signal);
    const name = isFolder ? basename(local) : posix.basename(posix.resolve(remote.path));
    const answer = answerOf(talk, signal);
    const sending = send(talk, progress.through(packFiles(files, name)), signal);
    // A node that ends it early, on a full disk perhaps, is heard before the rest is sent.
    await Promise.race([sending, answer]);
    tellNote(context, await answer);
  } finally {
    progress.stop();
    await talk.close();
  }
  if (files.leftOut > 0) terminal.note(`left out ${files.leftOut} that are neither files, folders nor links`);
  terminal.done(`copied ${count(files.found.length)} to ${remote.service}:${remote.path}`);
}

async function send(talk: CopyTalk, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  for await (const chunk of chunks) await talk.write(chunk, signal);
  await talk.end({ note: null }, signal);
}

/** The node's last word. What it sends before that is nothing to us. */
async function answerOf(talk: CopyTalk, signal: AbortSignal): Promise<CopyEnd> {
  const words = talk.read(signal);
  for (;;) {
    const next = await words.next();
    if (next.done === true) return next.value;
  }
}

async function takeOut(copy: Copy): Promise<void> {
  const { context, remote } = copy;
  const { signal, terminal } = context;
  const slash = /[/\\]$/.test(copy.typed) ? "/" : "";
  const place = await localPlace(`${copy.local}${slash}`, remote);
  const talk = await open(copy, "out");
  const progress = new CopyProgress(terminal);
  let end: CopyEnd | undefined;
  async function* archive(): AsyncGenerator<Uint8Array, void, void> {
    end = yield* talk.read(signal);
    // An error of the other side is told as such, not as the broken archive that it leaves.
    if ("error" in end) throw errorFromWire(end.error);
  }
  try {
    const received = await receiveFiles(progress.through(archive()), place);
    progress.stop();
    tellNote(context, end);
    if (received.leftOut > 0)
      terminal.note(`left out ${received.leftOut}: devices, sockets, or links that lead out of the folder`);
    terminal.done(`copied ${count(received.files)} to ${received.path}`);
  } finally {
    progress.stop();
    await talk.close();
  }
}

async function open({ context, lid, remote }: Copy, direction: "in" | "out"): Promise<CopyTalk> {
  const lease = await requireRunningLease(context, lid);
  const session = await openSession(context, lease, { extra: ["exec"] });
  return await session.copy({ ...remote, direction }, context.signal);
}

/** @throws ProtocolError what the node ended it with */
function tellNote({ terminal }: Context, end: CopyEnd | undefined): void {
  if (end === undefined) return;
  if ("error" in end) throw errorFromWire(end.error);
  if (end.note !== null) terminal.note(end.note);
}

function count(files: number): string {
  return files === 1 ? "1 file" : `${files} files`;
}
