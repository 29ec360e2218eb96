"use client";

import type { DeploymentStatus } from "@fizz/protocol/messages";
import { Tabs } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { Card } from "../../ui/card.tsx";
import type { LeaseView } from "../lease/read-lease.ts";
import { EventsPanel } from "./events-panel.tsx";
import { LogsPanel } from "./logs-panel.tsx";
import { ShellPanel } from "./shell-panel.tsx";
import type { Control } from "./use-control.ts";
import type { EventsReading } from "./use-events.ts";

interface ActivityPanelProps {
  readonly lease: LeaseView;
  readonly control: Control;
  readonly isMine: boolean;
  readonly events: EventsReading;
  readonly status: DeploymentStatus | undefined;
}

/** Logs and events, live from the node. */
export function ActivityPanel({ lease, control, isMine, events, status }: ActivityPanelProps): ReactElement {
  const services = [...new Set((status?.services ?? []).map(({ service }) => service))];
  return (
    <Card bodyClassName="p-0">
      <Tabs.Root defaultValue="logs">
        <Tabs.List aria-label="Activity" className="flex gap-1 border-b border-border px-4 pt-3">
          <Tab value="logs">Logs</Tab>
          <Tab value="events">Events</Tab>
          {isMine ? <Tab value="shell">Shell</Tab> : null}
        </Tabs.List>
        <Tabs.Content value="logs" className="p-4">
          <LogsPanel
            session={lease.state === "closed" ? undefined : control.session}
            isOver={lease.state === "closed"}
            services={services}
          />
        </Tabs.Content>
        <Tabs.Content value="events" className="p-4">
          <EventsPanel reading={events} />
        </Tabs.Content>
        <Tabs.Content value="shell" className="p-4">
          <ShellPanel control={control} services={status?.services ?? []} isOver={lease.state === "closed"} />
        </Tabs.Content>
      </Tabs.Root>
    </Card>
  );
}

function Tab({ value, children }: { readonly value: string; readonly children: ReactNode }): ReactElement {
  return (
    <Tabs.Trigger
      value={value}
      className="-mb-px border-b-2 border-transparent px-3 py-2 text-sm font-medium text-muted data-[state=active]:border-primary data-[state=active]:text-foreground"
    >
      {children}
    </Tabs.Trigger>
  );
}
