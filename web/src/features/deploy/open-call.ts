import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import type { ComposedLease } from "@fizz/protocol/orders";
import type { SignedQuote } from "@fizz/protocol/typed-data";
import type { Address, Hex } from "viem";
import { estimateContractGas } from "viem/actions";
import type { Config } from "wagmi";
import { estimateFeesPerGas, getBalance } from "wagmi/actions";
import { coin } from "../../format/format.ts";
import type { NetworkConfig } from "../../network/network-config.ts";
import type { QuoteRound } from "./request-quotes.ts";

const FRACTION = 9;

/** Which quote is taken, by whom, and what is sent along. */
export interface OpenChoice {
  readonly network: NetworkConfig;
  readonly round: QuoteRound;
  readonly signed: SignedQuote;
  /** Wei sent along for the escrow account. */
  readonly value: bigint;
}

export interface OpenCall {
  readonly address: Address;
  readonly abi: typeof leaseMarketAbi;
  readonly functionName: "open";
  readonly account: Address;
  readonly args: readonly [SignedQuote["quote"], Hex, ComposedLease["terms"]];
  readonly value: bigint;
}

/** The call of `ILeaseMarket.open`, for simulation, gas estimate and wallet alike. */
export function openCall(input: OpenChoice, terms: ComposedLease["terms"]): OpenCall {
  const { network, round, signed, value } = input;
  return {
    address: network.contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "open",
    account: round.tenant,
    args: [signed.quote, signed.signature, terms],
    value,
  };
}

/** Most wei of gas that a call costs. */
export async function gasCostOf(config: Config, call: OpenCall): Promise<bigint> {
  const [gas, fees] = await Promise.all([
    estimateContractGas(config.getClient(), call),
    estimateFeesPerGas(config),
  ]);
  return gas * fees.maxFeePerGas;
}

/**
 * A simulation does not look at gas: this does, so that no wallet is asked for what it cannot pay.
 *
 * @throws ProtocolError INSUFFICIENT_FUNDS
 */
export async function requireFunds(config: Config, call: OpenCall): Promise<void> {
  const [gas, { value: balance }] = await Promise.all([
    gasCostOf(config, call),
    getBalance(config, { address: call.account }),
  ]);
  const needed = call.value + gas;
  if (balance >= needed) return;
  throw new ProtocolError(
    "INSUFFICIENT_FUNDS",
    `The wallet does not hold enough: it has ${coin(balance, FRACTION)} and this needs up to ${coin(needed, FRACTION)} with gas.`,
  );
}
