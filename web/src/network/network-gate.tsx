"use client";

import { type ReactElement, type ReactNode, useContext } from "react";
import { Notice } from "../ui/notice.tsx";
import { Loading } from "../ui/spinner.tsx";
import { NetworkProblemContext, useNetworkIfReady } from "./network-context.tsx";

/** Shows its children once the network is known, and says what is missing until then. */
export function NetworkGate({ children }: { readonly children: ReactNode }): ReactElement {
  const network = useNetworkIfReady();
  const problem = useContext(NetworkProblemContext);
  if (network !== undefined) return <>{children}</>;
  if (problem === undefined) return <Loading>Looking up the network of this page…</Loading>;
  return (
    <Notice tone="danger" title="This page does not know its network yet.">
      {problem} It tries again every three seconds.
    </Notice>
  );
}
