"use client";

import { useSearchParams } from "next/navigation";
import type { ReactElement } from "react";
import { Loading } from "../../ui/spinner.tsx";
import { useLease } from "../lease/use-lease.ts";
import { DeploymentView } from "./deployment-view.tsx";
import { NotThere } from "./not-there.tsx";
import { PendingDeployment } from "./pending-deployment.tsx";

const LID = /^[1-9]\d{0,76}$/;

/** `?lid=7` is a lease of the chain; `?lease=0x…` is one whose transaction is still on its way. */
export function DeploymentPage(): ReactElement {
  const parameters = useSearchParams();
  const leaseHash = parameters.get("lease");
  const lid = parameters.get("lid") ?? "";
  if (LID.test(lid)) return <KnownDeployment lid={BigInt(lid)} />;
  if (leaseHash !== null) return <PendingDeployment leaseHash={leaseHash} />;
  return (
    <NotThere title="This address names no deployment.">
      It ends with ?lid= and the number of a lease.
    </NotThere>
  );
}

function KnownDeployment({ lid }: { readonly lid: bigint }): ReactElement {
  const lease = useLease(lid);
  if (lease.data === null)
    return (
      <NotThere title={`There is no lease ${lid}.`}>
        The number may be mistyped, or belong to another chain.
      </NotThere>
    );
  if (lease.data !== undefined) return <DeploymentView lease={lease.data} />;
  if (lease.isError)
    return (
      <NotThere title="The lease cannot be read now.">
        The chain does not answer. This page tries again by itself.
      </NotThere>
    );
  return <Loading>{`Reading lease ${lid} from the chain…`}</Loading>;
}
