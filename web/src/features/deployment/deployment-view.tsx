"use client";

import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useConnection } from "wagmi";
import { shortHex } from "../../format/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PageTitle } from "../../ui/page-title.tsx";
import type { LeaseView } from "../lease/read-lease.ts";
import { stateTone } from "../lease/state-tone.ts";
import { useLeaseHistory } from "../lease/use-lease.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";
import { ActivityPanel } from "./activity-panel.tsx";
import { ClosedNotice } from "./closed-notice.tsx";
import { CloseCard } from "./close-card.tsx";
import { CommandsCard } from "./commands-card.tsx";
import { LeaseCard } from "./lease-card.tsx";
import { PhaseList } from "./phase-list.tsx";
import { phasesOf } from "./phases.ts";
import { RevokeCard } from "./revoke-card.tsx";
import { ServiceCard } from "./service-card.tsx";
import { SessionNotice } from "./session-notice.tsx";
import { useControl } from "./use-control.ts";
import { useDelivery } from "./use-delivery.ts";
import { useEvents } from "./use-events.ts";
import { useStatus } from "./use-status.ts";

/** On a phone the service and its logs come right after the progress, the money last. */
const LEFT_COLUMN = "contents min-w-0 *:order-last [&>:first-child]:order-first lg:flex lg:flex-col lg:gap-6";

/** One lease: where it is, its service, its logs, its money. */
export function DeploymentView({ lease }: { readonly lease: LeaseView }): ReactElement {
  const { address } = useConnection();
  const store = useLeaseStore();
  const queries = useQueryClient();
  const record = store.find(lease.leaseHash);
  const history = useLeaseHistory(lease.lid, lease.state).data;
  const control = useControl(lease);
  const reading = useStatus(lease, control);
  const events = useEvents(control.session, lease.state === "closed");
  const deliveryProblem = useDelivery(lease);
  const isMine = address === lease.tenant;
  const phases = phasesOf({ record, lease, history, events: events.events, status: reading.status });
  return (
    <>
      <DeploymentTitle lease={lease} name={record?.name} isMine={isMine} />
      <DeliveryNotice problem={deliveryProblem} />
      <ClosedNotice history={history} />
      <SessionNotice lease={lease} control={control} isMine={isMine} error={reading.error ?? events.error} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <div className={LEFT_COLUMN}>
          <Card title="Progress">
            <PhaseList phases={phases} />
          </Card>
          <LeaseCard lease={lease} history={history} />
          {isMine && lease.state !== "closed" ? (
            <CloseCard
              lease={lease}
              receipt={record?.receipt}
              onClosed={() => {
                void queries.invalidateQueries();
              }}
            />
          ) : null}
        </div>
        <div className="contents min-w-0 lg:flex lg:flex-col lg:gap-6">
          <ServiceCard lease={lease} reading={reading} />
          <ActivityPanel
            lease={lease}
            control={control}
            isMine={isMine}
            events={events}
            status={reading.status}
          />
          <RevokeCard lease={lease} isMine={isMine} onRevoked={control.forget} />
          <CommandsCard lid={lease.lid} />
        </div>
      </div>
    </>
  );
}

interface DeploymentTitleProps {
  readonly lease: LeaseView;
  readonly name: string | undefined;
  readonly isMine: boolean;
}

function DeploymentTitle({ lease, name, isMine }: DeploymentTitleProps): ReactElement {
  return (
    <PageTitle
      title={
        <span className="flex flex-wrap items-center gap-3">
          {name ?? "Deployment"} <span className="font-mono text-muted">#{lease.lid.toString()}</span>
          <Badge tone={stateTone(lease.state)}>{lease.state}</Badge>
        </span>
      }
    >
      On node #{lease.nodeId.toString()}, leased by {isMine ? "your wallet" : shortHex(lease.tenant)}.
    </PageTitle>
  );
}

function DeliveryNotice({ problem }: { readonly problem: string | undefined }): ReactElement | null {
  if (problem === undefined) return null;
  return (
    <Notice tone="warning" title="The manifest is not at the node yet.">
      {problem} This page tries again by itself.
    </Notice>
  );
}
