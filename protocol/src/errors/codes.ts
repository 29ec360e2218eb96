import { type ErrorEntry } from "./error-entry.ts";
import { machineCodes } from "./machine-codes.ts";

/** Every code that an edge may answer with. docs/ERRORS.md lists the same. */
export const errorCodes = {
  INTERNAL: {
    status: 500,
    retryable: true,
    meaning: "A bug or a full disk; the log of the process has the cause.",
  },
  CONFIG_INVALID: {
    status: 500,
    retryable: false,
    meaning: "A setting is missing or wrong; each problem is listed.",
  },
  USAGE: { status: 400, retryable: false, meaning: "The command or its options are wrong." },
  INPUT_INVALID: { status: 400, retryable: false, meaning: "A message or body does not fit its schema." },
  INPUT_TOO_LARGE: { status: 413, retryable: false, meaning: "A message or body is over its limit." },
  MANIFEST_INVALID: {
    status: 422,
    retryable: false,
    meaning: "The manifest has problems; each has its own code and place.",
  },
  CONVERT_FAILED: {
    status: 422,
    retryable: false,
    meaning: "The file cannot be made into a manifest; each problem has its own code and place.",
  },
  MANIFEST_MISMATCH: {
    status: 422,
    retryable: false,
    meaning: "The manifest does not hash to what the lease says.",
  },
  UPDATE_NOT_ALLOWED: {
    status: 422,
    retryable: false,
    meaning: "A field that cannot change on a running lease was changed.",
  },
  UNSEAL_FAILED: {
    status: 422,
    retryable: false,
    meaning: "The sealed part cannot be opened with the key of the quote.",
  },
  QUOTE_EXPIRED: { status: 409, retryable: false, meaning: "The quote is too old; ask for a new one." },
  QUOTE_INVALID: {
    status: 422,
    retryable: false,
    meaning: "The quote is not signed by the node, or its terms are outside the bounds.",
  },
  RANKING_WRONG: {
    status: 502,
    retryable: false,
    meaning:
      "The gateway's ranking is not what the published formula gives; each difference has its own code.",
  },
  NO_QUOTES: { status: 409, retryable: true, meaning: "No node bid; each refusal says why." },
  NODE_FULL: { status: 409, retryable: true, meaning: "The node has not enough free resources." },
  NODE_REFUSED: {
    status: 409,
    retryable: false,
    meaning: "The node declines this order; the reason code says why.",
  },
  NODE_UNKNOWN: { status: 404, retryable: false, meaning: "No such node in this subnet." },
  NODE_OFFLINE: { status: 503, retryable: true, meaning: "The node is not connected to the gateway now." },
  NODE_UNREACHABLE: { status: 503, retryable: true, meaning: "The node does not answer." },
  GATEWAY_UNREACHABLE: { status: 503, retryable: true, meaning: "The gateway does not answer." },
  GATEWAY_DRAINING: {
    status: 503,
    retryable: true,
    meaning: "The gateway is about to end and takes nothing new; ask another, or later.",
  },
  CHAIN_UNREACHABLE: { status: 503, retryable: true, meaning: "The chain's RPC does not answer." },
  CHAIN_MISMATCH: {
    status: 409,
    retryable: false,
    meaning: "The two sides speak of different chains or contracts.",
  },
  ...machineCodes,
  CERTIFICATE_REFUSED: {
    status: 502,
    retryable: true,
    meaning: "The certificate authority gave no certificate; the gateway's log says why.",
  },
  CA_UNREACHABLE: {
    status: 503,
    retryable: true,
    meaning: "The certificate authority does not answer, or fails itself.",
  },
  LEASE_NOT_FOUND: { status: 404, retryable: false, meaning: "No lease with this id." },
  LEASE_NOT_YOURS: { status: 403, retryable: false, meaning: "The lease belongs to another wallet." },
  LEASE_WRONG_STATE: {
    status: 409,
    retryable: false,
    meaning: "The lease is not in a state that allows this.",
  },
  LEASE_NOT_STARTED: {
    status: 409,
    retryable: true,
    meaning: "The lease did not become active in time; money back.",
  },
  GRANT_INVALID: {
    status: 401,
    retryable: false,
    meaning: "The session grant is not signed by the tenant, or names another node or lease.",
  },
  GRANT_EXPIRED: { status: 401, retryable: false, meaning: "The session grant is too old; sign a new one." },
  GRANT_SCOPE: { status: 403, retryable: false, meaning: "The session grant does not cover this action." },
  GRANT_REVOKED: {
    status: 401,
    retryable: false,
    meaning: "The tenant revoked the session grant; sign a new one.",
  },
  REVOCATION_INVALID: {
    status: 422,
    retryable: false,
    meaning:
      "The revocation is not signed by the tenant, names another node or lease, or reaches too far ahead.",
  },
  SESSION_NOT_PROVEN: {
    status: 401,
    retryable: false,
    meaning: "The caller does not hold the session key that the grant names.",
  },
  IDENTITY_UNKNOWN: {
    status: 401,
    retryable: false,
    meaning: "The peer's key is not registered on chain, or not in this subnet.",
  },
  PULSE_INVALID: {
    status: 422,
    retryable: false,
    meaning: "The pulse names another node or subnet, or is not signed by both sides.",
  },
  PULSE_OUT_OF_TIME: {
    status: 409,
    retryable: true,
    meaning: "The pulse's time is too far from the gateway's; set the node's clock.",
  },
  PULSE_REPEATED: {
    status: 409,
    retryable: false,
    meaning: "The gateway has signed a pulse of this node for that time or a later one.",
  },
  SERVICE_UNKNOWN: {
    status: 404,
    retryable: false,
    meaning: "The deployment has no such service or replica.",
  },
  EXEC_FAILED: {
    status: 409,
    retryable: true,
    meaning: "No program can be run in the container now.",
  },
  COPY_FAILED: {
    status: 422,
    retryable: false,
    meaning: "The container's tar could not copy; the message has what it said.",
  },
  ARCHIVE_REFUSED: {
    status: 502,
    retryable: false,
    meaning: "The files that a node sent were not asked for, are too many, or lead out of their folder.",
  },
  SERVICE_UNREACHABLE: {
    status: 502,
    retryable: true,
    meaning: "Nothing listens on that port of the container.",
  },
  HOST_UNKNOWN: { status: 404, retryable: false, meaning: "No service has this host name here." },
  HOST_MISMATCH: {
    status: 421,
    retryable: false,
    meaning: "The request is for another host than its TLS connection.",
  },
  HOST_RESERVED: {
    status: 422,
    retryable: false,
    meaning: "The host name belongs to the gateway; a lease cannot accept it.",
  },
  LEASE_STARTING: { status: 503, retryable: true, meaning: "The service is starting." },
  LEASE_CLOSED: { status: 503, retryable: false, meaning: "The lease of the service is over." },
  REPLICA_UNAVAILABLE: { status: 503, retryable: true, meaning: "No replica of the service answers." },
  REPLICA_FAILED: {
    status: 502,
    retryable: true,
    meaning: "The service ended the connection without an answer.",
  },
  REPLICA_TIMEOUT: { status: 504, retryable: true, meaning: "The service did not answer in time." },
  PORTS_EXHAUSTED: { status: 503, retryable: true, meaning: "The gateway has no free public port." },
  RATE_LIMITED: { status: 429, retryable: true, meaning: "Too many calls; wait and try again." },
  LIMIT_REACHED: { status: 503, retryable: true, meaning: "A limit of this process is reached." },
  TIMEOUT: { status: 504, retryable: true, meaning: "The other side did not answer in time." },
  STREAM_CLOSED: { status: 502, retryable: true, meaning: "The stream ended before the answer." },
  LINK_VIOLATION: {
    status: 502,
    retryable: false,
    meaning: "The other side broke the rules of the tunnel link, which was ended.",
  },
  PEER_REFUSED: {
    status: 502,
    retryable: false,
    meaning: "The other side refused with a code this version does not know, or sent what cannot be read.",
  },
  INSUFFICIENT_ESCROW: {
    status: 402,
    retryable: false,
    meaning: "The escrow account does not cover the lease; deposit first.",
  },
  INSUFFICIENT_FUNDS: {
    status: 402,
    retryable: false,
    meaning: "The wallet does not cover the transaction and its gas.",
  },
  WALLET_MISSING: { status: 401, retryable: false, meaning: "No wallet is set up." },
  WALLET_REJECTED: { status: 401, retryable: false, meaning: "The wallet's owner refused to sign." },
  TX_REVERTED: {
    status: 409,
    retryable: false,
    meaning: "The contract refused; the message names the reason.",
  },
  TX_LOST: {
    status: 504,
    retryable: true,
    meaning: "The transaction was sent and not seen in a block in time.",
  },
  HISTORY_NOT_READY: {
    status: 503,
    retryable: true,
    meaning: "The gateway has not begun to read the chain's history, or keeps none.",
  },
  HISTORY_MOVED: {
    status: 409,
    retryable: false,
    meaning: "A reorganisation took back what the cursor stands on; begin without one.",
  },
  REQUEST_INVALID: {
    status: 422,
    retryable: false,
    meaning: "The relayed request is not signed by its signer, carries coins, or asks for too much gas.",
  },
  REQUEST_EXPIRED: {
    status: 409,
    retryable: false,
    meaning: "The relayed request's deadline is over, too near, or too far; sign it again.",
  },
  REQUEST_NOT_ALLOWED: {
    status: 403,
    retryable: false,
    meaning: "The gateway does not relay this call, or not of this signer; send it directly.",
  },
  REQUEST_OUT_OF_ORDER: {
    status: 409,
    retryable: false,
    meaning: "The relayed request is not the next of its signer; the details name the nonce that is.",
  },
  REQUEST_SUPERSEDED: {
    status: 409,
    retryable: false,
    meaning:
      "The nonce of the relayed request was used by somebody else; the chain says whether it was done.",
  },
  REQUEST_NOT_FOUND: { status: 404, retryable: false, meaning: "The gateway has no such relayed request." },
  QUOTA_EXCEEDED: {
    status: 429,
    retryable: true,
    meaning: "What the gateway pays for in a day is used up; send it directly, or wait.",
  },
  RELAYER_UNFUNDED: {
    status: 503,
    retryable: true,
    meaning: "The gateway's key has too few coins to pay for others; send it directly.",
  },
  REQUIREMENT_MISSING: {
    status: 500,
    retryable: false,
    meaning: "The machine lacks something the program needs.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
