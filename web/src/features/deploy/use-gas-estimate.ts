"use client";

import { useQuery } from "@tanstack/react-query";
import { useConfig } from "wagmi";
import { gasCostOf, type OpenChoice, openCall } from "./open-call.ts";

type EstimateInput = OpenChoice & { readonly prepaidSeconds: number };

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
      return await gasCostOf(config, openCall(input, terms));
    },
  });
  return query.isError ? null : query.data;
}
