"use client";

import { type LogLine, LogPlace } from "@fizz/protocol/messages";
import { useEffect, useState } from "react";
import type { ControlSession } from "./control-session.ts";
import { type FeedState, followFeed } from "./follow-feed.ts";
import { sleep } from "./sleep.ts";

/** Most log lines that are kept in the page; the oldest go first. */
export const MAX_LOG_LINES = 5_000;
const TAIL_LINES = 2_000;

export interface LogsReading {
  readonly lines: readonly LogLine[];
  readonly state: FeedState;
  readonly error: unknown;
}

interface LogsWanted {
  readonly startup: boolean;
  readonly service: string | undefined;
}

/** The containers' output, followed live. After a loss it is read on from the last line of each container. */
export function useLogs(session: ControlSession | undefined, { startup, service }: LogsWanted): LogsReading {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [feed, setFeed] = useState<{ state: FeedState; error?: unknown }>({ state: "connecting" });
  useEffect(() => {
    if (session === undefined) return undefined;
    const abort = new AbortController();
    const place = new LogPlace();
    void followFeed(
      {
        open: async (signal) => {
          const filter = service === undefined ? {} : { service };
          return await session.logs(
            { follow: true, tail: TAIL_LINES, startup, ...filter, ...place.after },
            signal,
          );
        },
        onItems: (items: readonly LogLine[]) => {
          const shown = items.filter((line) => place.note(line));
          setLines((known) => [...known, ...shown].slice(-MAX_LOG_LINES));
        },
        onState: (state, error) => {
          setFeed({ state, error });
        },
        sleep,
        mayAppear: true,
      },
      abort.signal,
    );
    return () => {
      abort.abort();
      setLines([]);
    };
  }, [session, startup, service]);
  return { lines, state: feed.state, error: feed.error };
}
