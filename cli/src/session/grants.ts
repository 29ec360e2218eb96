import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import {
  fizzDomain,
  grantCovers,
  grantTypedData,
  MAX_GRANT_SECONDS,
  sessionScopes,
  type SessionScope,
} from "@fizz/protocol/typed-data";
import { type Hex, type LocalAccount } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { type Chain } from "../chain/chain.ts";
import { type Session } from "../state/lease-store.ts";

/** A grant that ends sooner is renewed before it is used, in seconds. */
const RENEW_BEFORE_SECONDS = 300;
/** What every session may do; more is signed for when a command needs it. */
const BASE_SCOPES: readonly SessionScope[] = ["status", "logs", "events"];

export interface GrantInput {
  readonly chain: Chain;
  readonly account: LocalAccount;
  readonly nodeId: bigint;
  readonly leaseHash: Hex;
  /** Beyond looking: what the command at hand does. */
  readonly extra?: readonly SessionScope[];
}

/** A fresh session key, and the wallet's signature that lets it look at one lease on one node. */
export async function createSession({
  chain,
  account,
  nodeId,
  leaseHash,
  extra = [],
}: GrantInput): Promise<Session> {
  const privateKey = generatePrivateKey();
  const grant = {
    tenant: account.address,
    nodeId,
    leaseHash,
    sessionKey: publicKeyOfPrivateKey(privateKey),
    scopes: [...BASE_SCOPES, ...extra].join(" "),
    expiresAt: Math.floor(Date.now() / 1_000) + MAX_GRANT_SECONDS,
  };
  const domain = fizzDomain(chain.id, chain.contracts.leaseMarket);
  const signature = await account.signTypedData(grantTypedData(domain, grant));
  return { privateKey, signed: { grant, signature } };
}

/**
 * Scopes to sign for: what the command needs, and what the kept grant allows while it lasts, so that two commands by turns
 * do not ask the wallet each time. Nothing that the wallet has not allowed for this lease on this machine is added.
 */
export function mergedScopes(
  kept: Session | undefined,
  extra: readonly SessionScope[],
  now = Date.now() / 1_000,
): SessionScope[] {
  const grant = kept?.signed.grant;
  const isGood = grant !== undefined && grant.expiresAt > now;
  return sessionScopes.filter(
    (scope) => extra.includes(scope) || (isGood && grantCovers(grant, scope) && !BASE_SCOPES.includes(scope)),
  );
}

/** Whether a stored session can still be used, for looking and for `extra`. */
export function isUsable(session: Session, extra: readonly SessionScope[] = []): boolean {
  const { grant } = session.signed;
  return (
    grant.expiresAt - RENEW_BEFORE_SECONDS > Date.now() / 1_000 &&
    [...BASE_SCOPES, ...extra].every((scope) => grantCovers(grant, scope))
  );
}
