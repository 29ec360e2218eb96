import { type Address, type Hex, parseEther } from "viem";
import { type RegistrationInput } from "../../../node-agent/src/chain/registration.ts";

export const REGISTERED = {
  ...{ milliCpu: 2_000, memoryMiB: 4_096, storageGiB: 20 },
  ...{ gpuUnits: 0, gpuModel: 0 },
};

/** What an owner wants who changes nothing: a small node of the Fizz mode, in a gateway's subnet. */
export function registrationInput(
  keys: { readonly operatorKey: Hex; readonly ownerKey: Hex | undefined },
  gateway: Address,
): RegistrationInput {
  return {
    ...keys,
    mode: "fizz",
    region: "local",
    resources: REGISTERED,
    permit: async () => {
      await Promise.resolve();
    },
    tiers: async () => await Promise.resolve({ cpuTier: 5, gpuTier: 0 }),
    gateway,
    maxCutBps: 2_000,
    operatorGas: parseEther("0.02"),
  };
}
