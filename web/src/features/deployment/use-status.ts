"use client";

import { useQuery } from "@tanstack/react-query";
import type { DeploymentStatus } from "@fizz/protocol/messages";
import type { LeaseView } from "../lease/read-lease.ts";
import type { Control } from "./use-control.ts";

const REFRESH_MS = 3_000;

export interface StatusReading {
  readonly status: DeploymentStatus | undefined;
  /** Why the newest attempt failed; the last status stays beside it. */
  readonly error: Error | null;
  /** Unix milliseconds of the last answer; 0 when there was none. */
  readonly readAt: number;
}

/** The node's own view of the deployment, asked every few seconds while the lease lives. */
export function useStatus(lease: LeaseView, { session }: Control): StatusReading {
  const query = useQuery({
    queryKey: ["status", lease.leaseHash],
    enabled: session !== undefined && lease.state !== "closed",
    refetchInterval: REFRESH_MS,
    retry: false,
    queryFn: async ({ signal }) => (await session?.status(signal)) ?? null,
  });
  return { status: query.data ?? undefined, error: query.error, readAt: query.dataUpdatedAt };
}
