import { isReasonOf, nameOfReason } from "@fizz/protocol/reasons";
import type { ReactElement } from "react";
import { coin, dateTime } from "../../format/format.ts";
import { Notice } from "../../ui/notice.tsx";
import type { LeaseHistory } from "../lease/read-lease-history.ts";

const FRACTION = 9;

/** Why a lease ended, and what came back. */
export function ClosedNotice({
  history,
}: {
  readonly history: LeaseHistory | undefined;
}): ReactElement | null {
  if (history?.closedAt === undefined) return null;
  const { closedAt, closeReason = 0, refunded = 0n, startedAt } = history;
  const isMine = isReasonOf("tenant", closeReason);
  const what = startedAt === undefined ? "This lease ended before it started." : "This lease is over.";
  return (
    <Notice tone={isMine ? "neutral" : "warning"} title={what}>
      Closed at {dateTime(closedAt)}, reason <code>{nameOfReason(closeReason)}</code>.{" "}
      {coin(refunded, FRACTION)} went back to the tenant&apos;s escrow account.
    </Notice>
  );
}
