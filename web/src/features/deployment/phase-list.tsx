import { Check, Circle, Minus, X } from "lucide-react";
import type { ReactElement } from "react";
import { clock } from "../../format/format.ts";
import { cn } from "../../ui/class-names.ts";
import { Spinner } from "../../ui/spinner.tsx";
import type { Phase, PhaseState } from "./phases.ts";

const words: Record<PhaseState, string> = {
  waiting: "waiting",
  running: "in progress",
  done: "done",
  failed: "failed",
  skipped: "not reached",
};

/** The way from the click to a service that answers, each step with its time. */
export function PhaseList({ phases }: { readonly phases: readonly Phase[] }): ReactElement {
  return (
    <ol aria-label="Phases of the deployment" className="flex flex-col">
      {phases.map((phase) => (
        <li
          key={phase.id}
          data-phase={phase.id}
          data-state={phase.state}
          className="flex gap-3 pb-4 last:pb-0"
        >
          <PhaseMark state={phase.state} />
          <div className="min-w-0 flex-1">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <span className={cn("font-medium", isDim(phase.state) && "text-muted")}>
                {phase.title}
                <span className="sr-only">, {words[phase.state]}</span>
              </span>
              <span className="text-sm text-muted tabular-nums">
                {phase.at === undefined ? (
                  ""
                ) : (
                  <time dateTime={new Date(phase.at).toISOString()}>{clock(phase.at)}</time>
                )}
              </span>
            </div>
            {phase.detail === undefined ? null : (
              <p
                className={cn("text-sm break-words", phase.state === "failed" ? "text-danger" : "text-muted")}
              >
                {phase.detail}
              </p>
            )}
            {phase.percent === undefined ? null : (
              <progress
                aria-label={phase.title}
                max={100}
                value={phase.percent}
                className="mt-1.5 h-1.5 w-full overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-raised [&::-webkit-progress-value]:bg-primary"
              />
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function isDim(state: PhaseState): boolean {
  return state === "waiting" || state === "skipped";
}

const marks: Record<PhaseState, string> = {
  waiting: "border border-border text-muted",
  running: "bg-primary-soft text-primary",
  done: "bg-success-soft text-success",
  failed: "bg-danger-soft text-danger",
  skipped: "border border-border text-muted",
};

function PhaseMark({ state }: { readonly state: PhaseState }): ReactElement {
  return (
    <span
      aria-hidden
      className={cn(
        "mt-0.5 grid size-5 shrink-0 place-items-center rounded-full [&_svg]:size-3",
        marks[state],
      )}
    >
      <PhaseIcon state={state} />
    </span>
  );
}

function PhaseIcon({ state }: { readonly state: PhaseState }): ReactElement {
  switch (state) {
    case "done":
      return <Check />;
    case "failed":
      return <X />;
    case "running":
      return <Spinner />;
    case "skipped":
      return <Minus />;
    case "waiting":
      return <Circle className="opacity-0" />;
  }
}
