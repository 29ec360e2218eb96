import { requireOwnerAddress } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { toWire } from "@fizz/protocol/messages";
import { type ActingOwner, registerSubnet } from "../chain/register-subnet.ts";
import { type Config } from "../config.ts";
import { announcedAddresses } from "../p2p/announce.ts";
import { type CommandContext, type CommandOptions } from "./context.ts";
import { findOwnerKey, openGatewayKey } from "./gateway-key.ts";

type Options = Pick<CommandOptions, "ownerKeystore" | "unsigned" | "owner">;

/**
 * Stakes, registers the subnet, or publishes its endpoints anew. One line of JSON; with `unsigned` one for each
 * transaction that the owner is to send, and nothing when there is none.
 */
export async function register(context: CommandContext, options: Options): Promise<number> {
  const { readConfig, print } = context;
  const config = readConfig();
  const { rpcUrl, contracts, cutBps, apiUrl, domain } = config;
  const multiaddrs = announcedAddresses(config);
  if (apiUrl === undefined || multiaddrs.length === 0)
    throw new ProtocolError(
      "CONFIG_INVALID",
      "Others must find the gateway: set FIZZ_GATEWAY_API_URL, and FIZZ_GATEWAY_PUBLIC_HOST or FIZZ_GATEWAY_ANNOUNCE.",
    );
  // Also where the operator signs nothing: whoever stakes on a key should know that it can be opened.
  const operatorKey = await openGatewayKey(context, config);
  const done = await registerSubnet({
    ...{ rpcUrl, contracts, operatorKey, cutBps, apiUrl, multiaddrs, domain },
    ...(await ownerOf(context, config, options)),
  });
  if (options.unsigned) return 0;
  print(JSON.stringify({ event: "subnet.registered", ...done, apiUrl, multiaddrs, domain }));
  return 0;
}

/** Who acts as the owner. @throws ProtocolError USAGE, CONFIG_INVALID, WALLET_REJECTED */
async function ownerOf(
  context: CommandContext,
  config: Config,
  { unsigned, owner, ownerKeystore = config.ownerKeystore }: Options,
): Promise<ActingOwner> {
  if (!unsigned) return { ownerKey: await findOwnerKey(context, { ...config, ownerKeystore }) };
  const address = requireOwnerAddress(owner, "the subnet");
  return {
    ownerKey: undefined,
    unsigned: {
      owner: address,
      onCall: (transaction) => {
        context.print(toWire(transaction));
      },
    },
  };
}
