import { type LeaseEvent, type LeaseEventCode } from "@fizz/protocol/messages";

/** When what anybody sees happened, Unix milliseconds. */
export interface SeenTimes {
  readonly openSent: number;
  /** The block that carries `open` was there. */
  readonly opened: number;
  /** The block that carries `confirmStart` was there. */
  readonly confirmed: number;
  readonly firstAnswer: number;
}

export const FIRST_ANSWER = "from the block to the first 200, s";

/** Parts of a start, one after the other: from one event of the node to another. */
const PARTS: readonly {
  readonly title: string;
  readonly from: LeaseEventCode;
  readonly to: LeaseEventCode;
}[] = [
  { title: "from the manifest to open doors, s", from: "manifest.accepted", to: "doors.opened" },
  { title: "from open doors to the image, s", from: "doors.opened", to: "image.pulled" },
  { title: "container created, s", from: "image.pulled", to: "container.created" },
  { title: "container started, s", from: "container.created", to: "container.started" },
  { title: "until it counts as running, s", from: "container.started", to: "network.applied" },
];

/**
 * Seconds of each part of one start. The wait for the block of `confirmStart`, where the first answer came after it, is
 * apart: it is no part of the time to the first answer. A part whose events are not there is left out.
 */
export function stagesOf(seen: SeenTimes, events: readonly Pick<LeaseEvent, "code" | "at">[]): Stages {
  const { openSent, opened, confirmed, firstAnswer } = seen;
  const at = (code: LeaseEventCode): number | undefined => events.find((event) => event.code === code)?.at;
  const applied = at("network.applied");
  const waited = applied === undefined ? 0 : Math.max(0, Math.min(confirmed, firstAnswer) - applied);
  return {
    [FIRST_ANSWER]: (firstAnswer - opened - waited) / 1_000,
    ...part("from the block to the manifest accepted, s", opened, at("manifest.accepted")),
    ...Object.fromEntries(
      PARTS.flatMap(({ title, from, to }) => Object.entries(part(title, at(from), at(to)))),
    ),
    ...part("from the block of confirmStart to the first 200, s", confirmed, firstAnswer),
    ...part("apart: from open to its block, s", openSent, opened),
    ...part("apart: from confirmStart to its block, s", applied, confirmed),
  };
}

type Stages = Readonly<Record<string, number>>;

function part(title: string, from: number | undefined, to: number | undefined): Stages {
  return from === undefined || to === undefined ? {} : { [title]: (to - from) / 1_000 };
}
