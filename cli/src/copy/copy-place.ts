import { ProtocolError } from "@fizz/protocol/errors";

/** A path in a container. */
export interface ContainerPlace {
  readonly service: string;
  readonly replica: number;
  readonly path: string;
}

/** What a copy goes from and to. */
export type CopyDirection =
  | { readonly direction: "in"; readonly local: string; readonly remote: ContainerPlace }
  | { readonly direction: "out"; readonly local: string; readonly remote: ContainerPlace };

const PLACE = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\/(\d{1,3}))?:(.*)$/s;

/**
 * Which of the two is in a container: `SERVICE:PATH` or `SERVICE/REPLICA:PATH`. A file of this machine whose name looks
 * so is written `./name`.
 *
 * @throws ProtocolError USAGE unless exactly one is, with an absolute path.
 */
export function readCopy(from: string, to: string): CopyDirection {
  const [source, target] = [readPlace(from), readPlace(to)];
  if (source !== undefined && target === undefined) return { direction: "out", local: to, remote: source };
  if (source === undefined && target !== undefined) return { direction: "in", local: from, remote: target };
  const which = source === undefined ? "Neither side is" : "Both sides are";
  throw new ProtocolError(
    "USAGE",
    `${which} in a container: one must be SERVICE:/PATH, the other a path here.`,
  );
}

function readPlace(text: string): ContainerPlace | undefined {
  const match = PLACE.exec(text);
  if (match === null) return undefined;
  const [, service = "", replica = "0", path = ""] = match;
  if (!path.startsWith("/") || path.includes("\0"))
    throw new ProtocolError("USAGE", `Write the whole path in the container, such as ${service}:/data/file.`);
  return { service, replica: Number(replica), path };
}
