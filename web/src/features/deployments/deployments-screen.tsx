"use client";

import { Rocket } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import type { ReactElement } from "react";
import { NetworkGate } from "../../network/network-gate.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { PageTitle } from "../../ui/page-title.tsx";
import { Loading } from "../../ui/spinner.tsx";

// Knows the contracts: loaded beside the first paint, not before it.
const DeploymentList = dynamic(async () => (await import("./deployment-list.tsx")).DeploymentList, {
  ssr: false,
  loading: () => <Loading>Loading your deployments…</Loading>,
});

export function DeploymentsScreen(): ReactElement {
  return (
    <main className="mx-auto flex w-full max-w-5xl flex-col gap-6 px-4 py-8 sm:px-6">
      <PageTitle
        title="Your deployments"
        actions={
          <Link href="/deploy" className={buttonClass("primary")}>
            <Rocket aria-hidden /> New deployment
          </Link>
        }
      >
        Every lease of the connected wallet, as the chain has it.
      </PageTitle>
      <NetworkGate>
        <DeploymentList />
      </NetworkGate>
    </main>
  );
}
