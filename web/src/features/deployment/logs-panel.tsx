"use client";

import type { LogLine } from "@fizz/protocol/messages";
import { type ReactElement, useMemo, useState } from "react";
import { count } from "../../format/format.ts";
import type { ControlSession } from "./control-session.ts";
import { LogLines } from "./log-lines.tsx";
import { LogTools, type LogView } from "./log-tools.tsx";
import { useLogs } from "./use-logs.ts";

interface LogsPanelProps {
  readonly session: ControlSession | undefined;
  readonly isOver: boolean;
  readonly services: readonly string[];
}

const FIRST_VIEW: LogView = { startup: false, service: "", search: "", follow: true };

/** Live output with follow, search, a service filter, the start-up steps and a download. */
export function LogsPanel({ session, isOver, services }: LogsPanelProps): ReactElement {
  const [view, setView] = useState(FIRST_VIEW);
  const service = view.service === "" ? undefined : view.service;
  const { lines, state, error } = useLogs(session, { startup: view.startup, service });
  const shown = useMemo(() => matching(lines, view.search), [lines, view.search]);
  const change = (part: Partial<LogView>): void => {
    setView((current) => ({ ...current, ...part }));
  };
  if (isOver)
    return (
      <p className="py-6 text-center text-sm text-muted">The lease is over; its node keeps no logs of it.</p>
    );
  return (
    <div className="flex flex-col gap-3">
      <LogTools view={view} onChange={change} feed={{ state, error }} services={services} shown={shown} />
      <LogLines
        lines={shown}
        isFollowing={view.follow}
        onFollow={(follow) => {
          change({ follow });
        }}
      />
      <p className="text-xs text-muted">
        {view.search === ""
          ? count(lines.length, "line")
          : `${shown.length} of ${count(lines.length, "line")}`}
      </p>
    </div>
  );
}

function matching(lines: readonly LogLine[], search: string): readonly LogLine[] {
  const needle = search.toLowerCase();
  return needle === "" ? lines : lines.filter(({ text }) => text.toLowerCase().includes(needle));
}
