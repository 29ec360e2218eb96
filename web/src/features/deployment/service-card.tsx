"use client";

import type { ServiceStatus } from "@fizz/protocol/messages";
import { ExternalLink } from "lucide-react";
import type { ReactElement } from "react";
import { ago, count } from "../../format/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-text.tsx";
import { useNow } from "../../ui/use-now.ts";
import type { LeaseView } from "../lease/read-lease.ts";
import type { StatusReading } from "./use-status.ts";

interface ServiceCardProps {
  readonly lease: LeaseView;
  readonly reading: StatusReading;
}

const tones: Record<ServiceStatus["state"], Tone> = {
  pending: "neutral",
  pulling: "primary",
  starting: "primary",
  running: "success",
  restarting: "warning",
  exited: "warning",
  failed: "danger",
};

/** The public addresses, and each replica's state. */
export function ServiceCard({ lease, reading }: ServiceCardProps): ReactElement {
  const { status } = reading;
  if (lease.state === "closed")
    return (
      <Card title="Service">
        <p className="text-sm text-muted">The lease is over and its containers are gone.</p>
      </Card>
    );
  if (status === undefined)
    return (
      <Card title="Service">
        <p className="text-sm text-muted">
          The public address stands here as soon as the node has opened its doors.
        </p>
      </Card>
    );
  const { ready, total } = status.replicas;
  return (
    <Card
      title="Service"
      description={`${ready} of ${count(total, "replica")} ready`}
      actions={<ReadAt at={reading.readAt} />}
    >
      <div className="flex flex-col gap-4">
        <ul className="flex flex-col gap-2">
          {status.endpoints.map(({ url, service, replica, port, publicPort }) => (
            <li key={`${service} ${replica} ${publicPort}`} className="flex flex-wrap items-center gap-2">
              <a href={url} target="_blank" rel="noreferrer" className={buttonClass("primary", "sm")}>
                <ExternalLink aria-hidden /> {url}
              </a>
              <CopyButton text={url} label={`Copy the address of ${service}`} />
              <span className="text-sm text-muted">
                {service}, replica {replica}, container port {port}
              </span>
            </li>
          ))}
        </ul>
        <Replicas services={status.services} />
      </div>
    </Card>
  );
}

function Replicas({ services }: { readonly services: readonly ServiceStatus[] }): ReactElement {
  return (
    <ul className="flex flex-wrap gap-2">
      {services.map(({ service, replica, state, restarts, exitCode, health = "healthy" }) => (
        <li key={`${service} ${replica}`}>
          <Badge tone={tones[state]}>
            {service}/{replica} {state}
            {exitCode === null ? "" : ` (exit code ${exitCode})`}
            {health === "healthy" ? "" : `, ${health === "starting" ? "not healthy yet" : "not healthy"}`}
            {restarts === 0 ? "" : `, ${count(restarts, "restart")}`}
          </Badge>
        </li>
      ))}
    </ul>
  );
}

function ReadAt({ at }: { readonly at: number }): ReactElement {
  const now = useNow();
  return <span className="text-xs text-muted">read {ago(at, now)}</span>;
}
