"use client";

import type { LeaseEvent } from "@fizz/protocol/messages";
import type { ReactElement } from "react";
import { clock } from "../../format/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { FeedNote } from "./feed-note.tsx";
import type { EventsReading } from "./use-events.ts";

const DANGER = /failed|refused|declined|oom|unreachable/;
const SUCCESS = /started|confirmed|accepted|applied|opened|pulled|reachable/;

/** The deployment's own timeline, newest first. */
export function EventsPanel({ reading }: { readonly reading: EventsReading }): ReactElement {
  const { events, state, error } = reading;
  return (
    <div className="flex flex-col gap-3">
      <FeedNote state={state} error={error} />
      {events.length === 0 ? (
        <p className="py-6 text-center text-sm text-muted">The node has sent no events yet.</p>
      ) : (
        <ol aria-label="Events" tabIndex={0} className="flex max-h-96 flex-col gap-2.5 overflow-y-auto">
          {events.toReversed().map((event) => (
            <li key={event.cursor} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-sm">
              <time dateTime={new Date(event.at).toISOString()} className="text-muted tabular-nums">
                {clock(event.at)}
              </time>
              <Badge tone={toneOf(event)}>{event.code}</Badge>
              <span className="min-w-0 flex-1 basis-60 break-words">{event.message}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function toneOf({ code }: LeaseEvent): Tone {
  if (DANGER.test(code)) return "danger";
  return SUCCESS.test(code) ? "success" : "neutral";
}
