"use client";

import { grantCovers, type SessionScope } from "@fizz/protocol/typed-data";
import { useCallback, useEffect, useState } from "react";
import { useConfig } from "wagmi";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import type { LeaseView } from "../lease/read-lease.ts";
import { findSession, removeSession, saveSession, type Session } from "../lease/session-store.ts";
import { signSession } from "../lease/sign-session.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";
import type { ControlSession } from "./control-session.ts";

export interface Control {
  /** Undefined while there is no session, or libp2p is being loaded. */
  readonly session: ControlSession | undefined;
  readonly hasGrant: boolean;
  readonly isSigning: boolean;
  /** Whether the grant allows programs in containers. */
  readonly mayExec: boolean;
  /** Asks the wallet for a new session. @param extra What it is to allow beyond looking. */
  readonly sign: (extra?: readonly SessionScope[]) => void;
  /** Forgets a grant that the node does not accept. */
  readonly forget: () => void;
}

/** The end-to-end session with the node of a lease, from the stored grant or a new one. */
export function useControl(lease: LeaseView): Control {
  const config = useConfig();
  const network = useNetwork();
  const { leaseHash, tenant, nodeId } = lease;
  const [grant, setGrant] = useState<Session | undefined>(() =>
    findSession(localStorage, leaseHash, Date.now() / 1_000),
  );
  const [isSigning, setSigning] = useState(false);
  const session = useSession(grant, lease);
  const sign = (extra: readonly SessionScope[] = []): void => {
    setSigning(true);
    signSession(config, network, { tenant, nodeId, leaseHash, extra })
      .then((fresh) => {
        saveSession(localStorage, fresh);
        setGrant(fresh);
      })
      .catch((error: unknown) => showError(error))
      .finally(() => {
        setSigning(false);
      });
  };
  const forget = useCallback((): void => {
    removeSession(localStorage, leaseHash);
    setGrant(undefined);
  }, [leaseHash]);
  const mayExec = grant !== undefined && grantCovers(grant.signed.grant, "exec");
  return { session, hasGrant: grant !== undefined, mayExec, isSigning, sign, forget };
}

function useSession(grant: Session | undefined, lease: LeaseView): ControlSession | undefined {
  const config = useConfig();
  const network = useNetwork();
  const store = useLeaseStore();
  const [session, setSession] = useState<ControlSession>();
  const { leaseHash, nodeId } = lease;
  useEffect(() => {
    if (grant === undefined) return undefined;
    let isGone = false;
    let opened: ControlSession | undefined;
    const open = async (): Promise<void> => {
      const [control, { findNodeAddress }] = await Promise.all([
        import("./control-session.ts"),
        import("./find-node-address.ts"),
      ]);
      if (isGone) return;
      const peerId = store.find(leaseHash)?.nodePeerId;
      opened = new control.ControlSession(grant, () => findNodeAddress({ config, network, nodeId, peerId }));
      setSession(opened);
    };
    void open();
    return () => {
      isGone = true;
      setSession(undefined);
      void opened?.close();
    };
  }, [config, grant, leaseHash, network, nodeId, store]);
  return session;
}
