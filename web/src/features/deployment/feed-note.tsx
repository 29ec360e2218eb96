import type { ReactElement } from "react";
import { Badge, Dot } from "../../ui/badge.tsx";
import type { FeedState } from "./follow-feed.ts";

const looks = {
  connecting: ["neutral", "connecting to the node"],
  live: ["success", "live"],
  lost: ["warning", "connection lost, trying again"],
  ended: ["neutral", "ended"],
  refused: ["danger", "refused by the node"],
} as const;

/** Whether what is shown is live. */
export function FeedNote({
  state,
  error,
}: {
  readonly state: FeedState;
  readonly error: unknown;
}): ReactElement {
  const [tone, text] = looks[state];
  const reason = state === "refused" && error instanceof Error ? `: ${error.message}` : "";
  return (
    <p role="status" className="text-sm">
      <Badge tone={tone} className="whitespace-normal">
        <Dot tone={tone} /> {text}
        {reason}
      </Badge>
    </p>
  );
}
