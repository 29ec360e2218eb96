import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Address, erc20Abi, isAddress, isAddressEqual, parseAbiItem, zeroAddress } from "viem";
import { type Chain } from "./chain.ts";
import { scanLogs } from "./scan-logs.ts";

/** What pays. The native coin has address zero. */
export interface Token {
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
}

/** Most allowed tokens that are looked at. */
export const MAX_TOKENS = 200;

export const NATIVE: Token = { address: zeroAddress, symbol: "ETH", decimals: 18 };

const tokenAllowed = parseAbiItem("event TokenAllowed(address indexed token, bool allowed)");

export function isNative(token: Pick<Token, "address">): boolean {
  return isAddressEqual(token.address, zeroAddress);
}

/** Every token that pays for leases now. */
export async function listTokens(chain: Chain): Promise<Token[]> {
  const found = new Map<Address, boolean>([[zeroAddress, await isAllowed(chain, zeroAddress)]]);
  await scanLogs(chain, async (range) => {
    const logs = await chain.client.getLogs({
      address: chain.contracts.leaseMarket,
      event: tokenAllowed,
      ...range,
    });
    for (const { args } of logs) {
      if (args.token !== undefined && !found.has(args.token) && found.size < MAX_TOKENS)
        found.set(args.token, await isAllowed(chain, args.token));
    }
  });
  const allowed = [...found].filter(([, isIt]) => isIt).map(([address]) => address);
  return await Promise.all(allowed.map(async (address) => await tokenAt(chain, address)));
}

/**
 * The token of a symbol or an address.
 *
 * @throws ProtocolError USAGE when no allowed token has this symbol, or several have.
 */
export async function findToken(chain: Chain, wanted: string): Promise<Token> {
  if (isAddress(wanted, { strict: false })) return await tokenAt(chain, wanted);
  if (wanted.toUpperCase() === NATIVE.symbol) return NATIVE;
  const tokens = await listTokens(chain);
  const matches = tokens.filter((token) => token.symbol.toUpperCase() === wanted.toUpperCase());
  const [token] = matches;
  if (token !== undefined && matches.length === 1) return token;
  const known = tokens.map(({ symbol }) => symbol).join(", ");
  const message =
    matches.length > 1
      ? `Several allowed tokens are called ${wanted}. Name its address.`
      : `No token "${wanted}" pays for leases here. There are: ${known}.`;
  throw new ProtocolError("USAGE", message);
}

/** Symbol and decimals as the token itself says them. @throws ProtocolError USAGE when it is no ERC-20. */
export async function tokenAt(chain: Chain, address: Address): Promise<Token> {
  if (isNative({ address })) return NATIVE;
  const read = { address, abi: erc20Abi } as const;
  try {
    const [symbol, decimals] = await Promise.all([
      chain.client.readContract({ ...read, functionName: "symbol" }),
      chain.client.readContract({ ...read, functionName: "decimals" }),
    ]);
    return { address, symbol, decimals };
  } catch (cause) {
    throw new ProtocolError("USAGE", `${address} does not answer like an ERC-20 token.`, { cause });
  }
}

async function isAllowed(chain: Chain, token: Address): Promise<boolean> {
  return await chain.client.readContract({
    address: chain.contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "isTokenAllowed",
    args: [token],
  });
}
