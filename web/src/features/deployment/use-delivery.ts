"use client";

import { useEffect, useState } from "react";
import { useConfig } from "wagmi";
import { describeError } from "../../chain/describe-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import type { LeaseView } from "../lease/read-lease.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";
import { deliverManifest } from "./deliver-manifest.ts";
import { untilDone } from "./until-done.ts";

const AWAY = "The node is away; the gateway keeps the manifest for it.";

/**
 * Hands over the manifest of a lease that waits for it, again and again until the node has signed for it; once the
 * lease runs or is over, the plain text leaves this browser.
 *
 * @returns What is in the way, as a sentence.
 */
export function useDelivery(lease: LeaseView): string | undefined {
  const config = useConfig();
  const network = useNetwork();
  const store = useLeaseStore();
  const [problem, setProblem] = useState<string>();
  const { leaseHash, lid, state } = lease;
  useEffect(() => {
    if (state !== "open") {
      store.patch(leaseHash, { order: undefined, lid: lid.toString() });
      return undefined;
    }
    const abort = new AbortController();
    const deliver = async (): Promise<boolean> => {
      const record = store.find(leaseHash);
      if (record?.order === undefined || record.receipt !== undefined) return true;
      const isThere = await deliverManifest({ config, network, store, record, lid }, abort.signal);
      setProblem(isThere ? undefined : AWAY);
      return isThere;
    };
    const onError = (error: unknown): void => {
      setProblem(describeError(error).message);
    };
    void untilDone(deliver, onError, abort.signal);
    return () => {
      abort.abort();
    };
  }, [config, leaseHash, lid, network, state, store]);
  return state === "open" ? problem : undefined;
}
