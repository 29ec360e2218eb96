"use client";

import { ProtocolError } from "@fizz/protocol/errors";
import type { ExecCommand } from "@fizz/protocol/messages";
import { type ReactElement, useEffect, useRef } from "react";
import type { ControlSession } from "./control-session.ts";
import { runShell } from "./run-shell.ts";
import { createScreen } from "./xterm-screen.ts";

export interface ShellTerminalProps {
  readonly session: ControlSession;
  readonly place: Pick<ExecCommand, "service" | "replica">;
  /** Told once, unless the page leaves first. */
  readonly onEnd: (how: string) => void;
}

/** One shell in one container, until it ends or this is taken away. */
export function ShellTerminal({ session, place, onEnd }: ShellTerminalProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(onEnd);
  const { service, replica } = place;
  useEffect(() => {
    latest.current = onEnd;
  }, [onEnd]);
  useEffect(() => {
    if (host.current === null) return undefined;
    const leave = new AbortController();
    const screen = createScreen(host.current, `Shell in ${service}, replica ${replica}`);
    const run = async (): Promise<string> => {
      const command = { service, replica, command: ["/bin/sh"], terminal: screen.size };
      const program = await session.exec(command, leave.signal);
      screen.focus();
      const code = await runShell(program, screen, leave.signal);
      return code === null ? "The shell ended." : `The shell ended with exit code ${code}.`;
    };
    void run()
      .catch((error: unknown) =>
        error instanceof ProtocolError ? `${error.message} (${error.code})` : "The shell was lost.",
      )
      .then((how) => {
        if (!leave.signal.aborted) latest.current(how);
      });
    return () => {
      leave.abort();
      screen.dispose();
    };
  }, [session, service, replica]);
  return <div ref={host} className="h-96 overflow-hidden rounded-xl border border-border bg-surface p-2" />;
}
