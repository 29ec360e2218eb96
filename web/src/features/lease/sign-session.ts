import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import {
  fizzDomain,
  grantTypedData,
  MAX_GRANT_SECONDS,
  type SessionGrant,
  type SessionScope,
} from "@fizz/protocol/typed-data";
import type { Address, Hex } from "viem";
import { generatePrivateKey } from "viem/accounts";
import type { Config } from "wagmi";
import { signTypedData } from "wagmi/actions";
import type { NetworkConfig } from "../../network/network-config.ts";
import type { Session } from "./session-store.ts";

/** What every session may do: look. */
const BASE_SCOPES: readonly SessionScope[] = ["status", "logs", "events"];

export interface SessionFor {
  readonly tenant: Address;
  readonly nodeId: bigint;
  readonly leaseHash: Hex;
  /** Beyond looking. */
  readonly extra?: readonly SessionScope[];
}

/** Makes a session key and asks the wallet to let it read this deployment for a week, or more than that. */
export async function signSession(
  config: Config,
  network: NetworkConfig,
  { extra = [], ...lease }: SessionFor,
): Promise<Session> {
  const privateKey = generatePrivateKey();
  const grant: SessionGrant = {
    ...lease,
    sessionKey: publicKeyOfPrivateKey(privateKey),
    scopes: [...new Set([...BASE_SCOPES, ...extra])].join(" "),
    expiresAt: Math.floor(Date.now() / 1_000) + MAX_GRANT_SECONDS,
  };
  const domain = fizzDomain(network.chainId, network.contracts.leaseMarket);
  const signature = await signTypedData(config, { account: lease.tenant, ...grantTypedData(domain, grant) });
  return { privateKey, signed: { grant, signature } };
}
