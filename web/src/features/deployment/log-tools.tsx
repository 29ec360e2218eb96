"use client";

import type { LogLine } from "@fizz/protocol/messages";
import { Download, Search } from "lucide-react";
import type { ReactElement } from "react";
import { Button } from "../../ui/button.tsx";
import { FeedNote } from "./feed-note.tsx";
import type { FeedState } from "./follow-feed.ts";

/** What of the logs is shown, and how. */
export interface LogView {
  readonly startup: boolean;
  /** Empty for all. */
  readonly service: string;
  readonly search: string;
  readonly follow: boolean;
}

interface LogToolsProps {
  readonly view: LogView;
  readonly onChange: (part: Partial<LogView>) => void;
  readonly feed: { readonly state: FeedState; readonly error: unknown };
  readonly services: readonly string[];
  readonly shown: readonly LogLine[];
}

export function LogTools({ view, onChange, feed, services, shown }: LogToolsProps): ReactElement {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
      <FeedNote state={feed.state} error={feed.error} />
      <Check
        label="Follow"
        checked={view.follow}
        onChange={(follow) => {
          onChange({ follow });
        }}
      />
      <Check
        label="Start-up steps"
        checked={view.startup}
        onChange={(startup) => {
          onChange({ startup });
        }}
      />
      <ServiceSelect view={view} onChange={onChange} services={services} />
      <SearchField view={view} onChange={onChange} />
      <Button
        look="ghost"
        size="icon"
        aria-label="Download the logs"
        disabled={shown.length === 0}
        onClick={() => {
          download(shown);
        }}
      >
        <Download aria-hidden />
      </Button>
    </div>
  );
}

type ToolProps = Pick<LogToolsProps, "view" | "onChange">;

function ServiceSelect({
  view,
  onChange,
  services,
}: ToolProps & Pick<LogToolsProps, "services">): ReactElement | null {
  if (services.length < 2) return null;
  return (
    <select
      aria-label="Service"
      value={view.service}
      onChange={(event) => {
        onChange({ service: event.target.value });
      }}
      className="h-8 rounded-lg border border-input bg-surface px-2"
    >
      <option value="">all services</option>
      {services.map((service) => (
        <option key={service}>{service}</option>
      ))}
    </select>
  );
}

function SearchField({ view, onChange }: ToolProps): ReactElement {
  return (
    <label className="ml-auto flex h-8 items-center gap-2 rounded-lg border border-input bg-surface px-2 focus-within:outline-2 focus-within:outline-ring">
      <Search aria-hidden className="size-4 text-muted" />
      <span className="sr-only">Search in the logs</span>
      <input
        type="search"
        placeholder="Search"
        value={view.search}
        onChange={(event) => {
          onChange({ search: event.target.value });
        }}
        className="w-28 bg-transparent outline-none placeholder:text-muted sm:w-40"
      />
    </label>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Check({ label, checked, onChange }: CheckProps): ReactElement {
  return (
    <label className="flex items-center gap-1.5">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => {
          onChange(event.target.checked);
        }}
        className="size-4 accent-primary"
      />
      {label}
    </label>
  );
}

function download(lines: readonly LogLine[]): void {
  const text = lines.map(
    ({ at, service, replica, text: line }) => `${new Date(at).toISOString()} ${service}/${replica} ${line}\n`,
  );
  const url = URL.createObjectURL(new Blob(text, { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "logs.txt";
  link.click();
  URL.revokeObjectURL(url);
}
