import { forwardRequestTypes } from "@fizz/protocol/typed-data";
import { type Address, encodeFunctionData, type Abi, type Hex } from "viem";

const REQUEST_GAS = 5_000_000n;

export interface ForwardRequest {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly gas: bigint;
  readonly deadline: number;
  readonly data: Hex;
  readonly signature: Hex;
}

interface Signer {
  readonly account: { readonly address: Address };
  signTypedData(input: never): Promise<Hex>;
}

interface Forwarded {
  readonly forwarder: {
    readonly address: Address;
    readonly read: { nonces(args: [Address]): Promise<bigint> };
  };
  readonly chainId: number;
  readonly signer: Signer;
  readonly to: { readonly address: Address; readonly abi: unknown };
  readonly functionName: string;
  readonly args: readonly unknown[];
  readonly deadline: number;
  readonly value?: bigint;
}

/** A call that `signer` signs and anybody may carry to the forwarder. */
export async function signForwardRequest(call: Forwarded): Promise<ForwardRequest> {
  const { forwarder, chainId, signer, to, functionName, args, deadline, value = 0n } = call;
  const from = signer.account.address;
  const data = encodeFunctionData({ abi: to.abi as Abi, functionName, args });
  const request = { from, to: to.address, value, gas: REQUEST_GAS, deadline, data };
  const typed = {
    account: signer.account,
    domain: { name: "FizzForwarder", version: "1", chainId, verifyingContract: forwarder.address },
    types: forwardRequestTypes,
    primaryType: "ForwardRequest",
    message: { ...request, nonce: await forwarder.read.nonces([from]) },
  };
  return { ...request, signature: await signer.signTypedData(typed as never) };
}
