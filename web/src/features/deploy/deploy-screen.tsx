"use client";

import type { ReactElement } from "react";
import { NetworkGate } from "../../network/network-gate.tsx";
import { PageTitle } from "../../ui/page-title.tsx";
import { DeployForm } from "./deploy-form.tsx";

export function DeployScreen(): ReactElement {
  return (
    <main className="mx-auto flex w-full max-w-7xl flex-col gap-6 px-4 py-8 sm:px-6">
      <PageTitle title="New deployment">
        Describe what should run, ask for quotes, review the cost, and open the lease with one transaction.
      </PageTitle>
      <NetworkGate>
        <DeployForm />
      </NetworkGate>
    </main>
  );
}
