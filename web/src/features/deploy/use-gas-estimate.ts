"use client";

import { useQuery } from "@tanstack/react-query";
import { useConfig } from "wagmi";
import { estimateFeesPerGas } from "wagmi/actions";
import { estimateContractGas } from "viem/actions";
import { openCall } from "./open-lease.ts";
import type { OpenLeaseInput } from "./open-lease.ts";

type EstimateInput = Pick<OpenLeaseInput, "network" | "round" | "signed" | "value"> & {
  readonly prepaidSeconds: number;
};

/** Most wei that the opening transaction will cost; undefined until known, null when it would fail. */
export function useGasEstimate(input: EstimateInput): bigint | null | undefined {
  const config = useConfig();
  const { signed, round, prepaidSeconds, value } = input;
  const query = useQuery({
    queryKey: ["gas", signed.signature, prepaidSeconds, value.toString()],
    retry: false,
    queryFn: async () => {
      // The gas does not depend on the salt: any will do.
      const terms = {
        sealedPartHash: round.order.sealedPartHash,
        prepaidSeconds,
        salt: round.order.openSalt,
      };
      const [gas, fees] = await Promise.all([
        estimateContractGas(config.getClient(), openCall(input, terms)),
        estimateFeesPerGas(config),
      ]);
      return gas * fees.maxFeePerGas;
    },
  });
  return query.isError ? null : query.data;
}
