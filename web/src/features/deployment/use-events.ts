"use client";

import type { LeaseEvent } from "@fizz/protocol/messages";
import { useEffect, useState } from "react";
import type { ControlSession } from "./control-session.ts";
import { type FeedState, followFeed } from "./follow-feed.ts";
import { sleep } from "./sleep.ts";

/** Most events that are kept in the page; the oldest go first. */
export const MAX_EVENTS = 1_000;

export interface EventsReading {
  readonly events: readonly LeaseEvent[];
  readonly state: FeedState;
  readonly error: unknown;
}

/**
 * The deployment's events, followed live; after a loss the node is asked for what came after the last one. Of a lease
 * that is over the node keeps them for a while.
 */
export function useEvents(session: ControlSession | undefined, isOver: boolean): EventsReading {
  const [events, setEvents] = useState<readonly LeaseEvent[]>([]);
  const [feed, setFeed] = useState<{ state: FeedState; error?: unknown }>({ state: "connecting" });
  useEffect(() => {
    if (session === undefined) return undefined;
    const abort = new AbortController();
    let cursor = 0;
    void followFeed(
      {
        open: async (signal) => await session.events({ follow: !isOver, cursor }, signal),
        onItems: (items: readonly LeaseEvent[]) => {
          const fresh = items.filter((event) => event.cursor > cursor);
          cursor = fresh.at(-1)?.cursor ?? cursor;
          setEvents((known) =>
            [...known.filter((event) => event.cursor < (fresh[0]?.cursor ?? Infinity)), ...fresh].slice(
              -MAX_EVENTS,
            ),
          );
        },
        onState: (state, error) => {
          setFeed({ state, error });
        },
        sleep,
        mayAppear: !isOver,
      },
      abort.signal,
    );
    return () => {
      abort.abort();
    };
  }, [session, isOver]);
  return { events, state: feed.state, error: feed.error };
}
