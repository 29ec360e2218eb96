"use client";

import dynamic from "next/dynamic";
import { type ReactElement, Suspense } from "react";
import { NetworkGate } from "../../network/network-gate.tsx";
import { Loading } from "../../ui/spinner.tsx";

const DeploymentPage = dynamic(async () => (await import("./deployment-page.tsx")).DeploymentPage, {
  ssr: false,
  loading: () => <Loading>Loading the deployment…</Loading>,
});

export function DeploymentScreen(): ReactElement {
  return (
    <main className="mx-auto flex w-full max-w-7xl flex-col gap-6 px-4 py-8 sm:px-6">
      <NetworkGate>
        <Suspense fallback={<Loading>Loading the deployment…</Loading>}>
          <DeploymentPage />
        </Suspense>
      </NetworkGate>
    </main>
  );
}
