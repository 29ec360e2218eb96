import { type ErrorCode } from "@fizz/protocol/errors";

/** What to do about an error, where its message does not say it. */
export const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  CHAIN_UNREACHABLE:
    "Check the RPC URL (`fizz network`, --rpc) and whether it is up; `fizz doctor` looks at each part.",
  CHAIN_MISMATCH: "RPC, gateway and network settings must name one chain. See `fizz network`.",
  CONVERT_FAILED: "Correct what is marked as an error; docs/CONVERT.md says what can be carried over.",
  GATEWAY_UNREACHABLE:
    "Check the gateway URL (`fizz network`, --gateway) and whether it is up; `fizz doctor` looks at each part.",
  GRANT_EXPIRED: "Run the command again: it signs a new grant.",
  GRANT_INVALID: "Run the command again with the wallet that opened the lease.",
  GRANT_REVOKED: "Run the command again: it signs a new grant.",
  IMAGE_PULL_FAILED:
    "Check the image's name and tag and the registry's credentials in the manifest, then deploy again.",
  INSUFFICIENT_ESCROW: "`fizz payment deposit --amount N`, or let `deployment create --deposit auto` do it.",
  INSUFFICIENT_FUNDS: "Send coins to the wallet (`fizz wallet current`) and try again.",
  LEASE_NOT_FOUND: "`fizz deployment list -a` shows your leases.",
  LEASE_NOT_STARTED: "Deploy again, on another node with --node if you wish.",
  LEASE_NOT_YOURS: "Use the wallet that opened it: --wallet NAME, or `fizz wallet use NAME`.",
  LEASE_WRONG_STATE: "`fizz deployment get --lid N` shows the state.",
  MANIFEST_INVALID: "Correct the manifest; nothing was sent. `fizz manifest validate FILE` checks it again.",
  NODE_FULL: "Run the command again for fresh quotes.",
  NODE_OFFLINE: "The containers may still run. Try again in a minute.",
  NODE_UNREACHABLE: "The containers may still run. Try again in a minute.",
  NO_QUOTES: "Ask for less, raise the price in the manifest, or try again later.",
  QUOTA_EXCEEDED: "Run the command without --sponsored: your wallet pays the gas then.",
  QUOTE_EXPIRED: "Run the command again for fresh quotes.",
  RELAYER_UNFUNDED: "Run the command without --sponsored: your wallet pays the gas then.",
  REQUEST_NOT_ALLOWED: "Run the command without --sponsored: your wallet pays the gas then.",
  REQUEST_OUT_OF_ORDER: "Another request of your wallet was faster. Run the command again.",
  STREAM_CLOSED: "Try again; `fizz doctor` looks at each part of the way.",
  TIMEOUT:
    "Nothing was undone. Look again with `fizz deployment get --lid N`, or give it more with --timeout.",
  TX_LOST: "It may still be included. Look with `fizz deployment list` before you send it again.",
  UPDATE_NOT_ALLOWED:
    "Keep ports, region, tier and token as they run, or deploy the new manifest beside the old one.",
  USAGE: "`fizz --help`, or --help behind the command, shows what it takes.",
  WALLET_MISSING: "`fizz wallet create NAME`, `fizz wallet import NAME`, or set FIZZ_PRIVATE_KEY.",
};
