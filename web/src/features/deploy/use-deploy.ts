"use client";

import type { SignedQuote } from "@fizz/protocol/typed-data";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useConfig } from "wagmi";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { useLeaseStore } from "../lease/use-lease-store.ts";
import { openLease, type OpenStep } from "./open-lease.ts";
import type { QuoteRound } from "./request-quotes.ts";

interface DeployInput {
  readonly round: QuoteRound;
  readonly signed: SignedQuote;
  readonly prepaidSeconds: number;
  readonly value: bigint;
}

/** Opens a lease, then goes to its page, which carries on from there. */
export function useDeploy(): {
  readonly deploy: (input: DeployInput) => void;
  readonly step: OpenStep | undefined;
} {
  const config = useConfig();
  const network = useNetwork();
  const store = useLeaseStore();
  const router = useRouter();
  const [step, setStep] = useState<OpenStep>();
  const deploy = (input: DeployInput): void => {
    openLease({ ...input, config, network, store, onStep: setStep }).then(
      ({ leaseHash }) => {
        router.push(`/deployment?lease=${leaseHash}`);
      },
      (error: unknown) => {
        setStep(undefined);
        void showError(error);
      },
    );
  };
  return { deploy, step };
}
