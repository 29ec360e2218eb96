"use client";

import Link from "next/link";
import type { ReactElement } from "react";
import type { Address } from "viem";
import { buttonClass } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useNow } from "../../ui/use-now.ts";
import type { LeaseView } from "../lease/read-lease.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";

const MINUTE_MS = 60_000;
const RECENT_MS = 24 * 3_600_000;

interface PendingLeasesProps {
  readonly tenant: Address;
  readonly known: readonly LeaseView[];
}

/** Transactions of this browser that are not in a block yet: nothing that was sent is forgotten by a reload. */
export function PendingLeases({ tenant, known }: PendingLeasesProps): ReactElement | null {
  const store = useLeaseStore();
  const now = useNow(MINUTE_MS);
  const hashes = new Set(known.map(({ leaseHash }) => leaseHash));
  const pending = store
    .list()
    .filter(
      (record) =>
        record.tenant === tenant &&
        record.lid === undefined &&
        !hashes.has(record.leaseHash) &&
        now - record.createdAt < RECENT_MS,
    );
  if (pending.length === 0) return null;
  return (
    <>
      {pending.map((record) => (
        <Notice
          key={record.leaseHash}
          tone="primary"
          title={`${record.name} waits for its transaction.`}
          action={
            <Link href={`/deployment?lease=${record.leaseHash}`} className={buttonClass("secondary", "sm")}>
              Follow
            </Link>
          }
        />
      ))}
    </>
  );
}
