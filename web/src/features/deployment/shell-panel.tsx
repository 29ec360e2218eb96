"use client";

import type { ServiceStatus } from "@fizz/protocol/messages";
import dynamic from "next/dynamic";
import { type ReactElement, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import type { ControlSession } from "./control-session.ts";
import type { Control } from "./use-control.ts";

const ShellTerminal = dynamic(async () => (await import("./shell-terminal.tsx")).ShellTerminal, {
  ssr: false,
  loading: () => <Spinner />,
});

interface ShellPanelProps {
  readonly control: Control;
  readonly services: readonly ServiceStatus[];
  readonly isOver: boolean;
}

/** A shell in a container of one's choice. The terminal is loaded when it is first opened. */
export function ShellPanel({ control, services, isOver }: ShellPanelProps): ReactElement {
  const { session } = control;
  const places = services.filter(({ state }) => state === "running");
  if (isOver) return <Hint>The lease is over and its containers are gone.</Hint>;
  if (session === undefined || places.length === 0)
    return <Hint>No container runs that could be entered.</Hint>;
  if (!control.mayExec) return <AllowShell control={control} />;
  return <Shell session={session} places={places} />;
}

function AllowShell({ control }: { readonly control: Control }): ReactElement {
  return (
    <div className="flex flex-col items-center gap-3 py-6 text-sm text-muted">
      <p>One signature, no transaction: it lets this browser run programs in your containers for a week.</p>
      <Button
        disabled={control.isSigning}
        onClick={() => {
          control.sign(["exec"]);
        }}
      >
        {control.isSigning ? <Spinner /> : null} Allow a shell
      </Button>
    </div>
  );
}

interface ShellProps {
  readonly session: ControlSession;
  readonly places: readonly ServiceStatus[];
}

function Shell({ session, places }: ShellProps): ReactElement {
  const [chosen, setChosen] = useState("");
  /** The shell that is open stays where it is, whatever becomes of the list. */
  const [opened, setOpened] = useState<{ place: ServiceStatus; key: number }>();
  const [ended, setEnded] = useState("");
  const place = opened?.place ?? places.find((one) => nameOf(one) === chosen) ?? places[0];
  const toggle = (): void => {
    setEnded("");
    setOpened(opened !== undefined || place === undefined ? undefined : { place, key: Date.now() });
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3 text-sm">
        <PlaceSelect places={places} place={place} disabled={opened !== undefined} onChange={setChosen} />
        <Button size="sm" onClick={toggle}>
          {opened === undefined ? "Open a shell" : "End the shell"}
        </Button>
        <p role="status" className="text-muted">
          {ended}
        </p>
      </div>
      {opened === undefined ? null : (
        <ShellTerminal
          key={opened.key}
          session={session}
          place={opened.place}
          onEnd={(how) => {
            setEnded(how);
            setOpened(undefined);
          }}
        />
      )}
      <p className="text-xs text-muted">
        Encrypted up to the node, which sees what is done. Close it with Ctrl-D.
      </p>
    </div>
  );
}

interface PlaceSelectProps {
  readonly places: readonly ServiceStatus[];
  readonly place: ServiceStatus | undefined;
  readonly disabled: boolean;
  readonly onChange: (name: string) => void;
}

function PlaceSelect({ places, place, disabled, onChange }: PlaceSelectProps): ReactElement {
  return (
    <select
      aria-label="Container"
      value={place === undefined ? "" : nameOf(place)}
      disabled={disabled}
      onChange={(event) => {
        onChange(event.target.value);
      }}
      className="h-8 rounded-lg border border-input bg-surface px-2"
    >
      {places.map((one) => (
        <option key={nameOf(one)}>{nameOf(one)}</option>
      ))}
    </select>
  );
}

function Hint({ children }: { readonly children: string }): ReactElement {
  return <p className="py-6 text-center text-sm text-muted">{children}</p>;
}

function nameOf({ service, replica }: ServiceStatus): string {
  return `${service}, replica ${replica}`;
}
