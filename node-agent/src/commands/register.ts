import { requireOwnerAddress } from "@fizz/protocol/chain";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { parseAmount } from "@fizz/protocol/units";
import { mkdirSync } from "node:fs";
import { type ChainClients, connectChain } from "../chain/clients.ts";
import { Registration, type RegistrationInput } from "../chain/registration.ts";
import { claimedResources } from "../share-of-machine.ts";
import { capacityClaim } from "./claim-capacity.ts";
import { type CommandContext, requireGateway, requireIdentity } from "./context.ts";
import { type Keeping } from "./measure.ts";
import { findOwnerKey, type OwnerOptions, printedCalls } from "./owner-key.ts";

/** Does what is missing: registration, resources, coins for gas, the gateway's subnet. */
export async function register(context: CommandContext, options: OwnerOptions = {}): Promise<number> {
  const { config, print } = context;
  const identity = await requireIdentity(context);
  const chain = await connectChain(config.FIZZ_RPC_URL, config.FIZZ_CONTRACTS);
  const nodeId = await registerNode(context, { chain, identity, options });
  if (options.unsigned === true) return 0;
  print(`Node ${nodeId} is registered with the operator ${identity.operator} and in the gateway's subnet.`);
  return 0;
}

interface RegisteringNode {
  readonly chain: ChainClients;
  /** With its state where that is open: a measurement of the machine is kept there. */
  readonly identity: Keeping;
  readonly options?: OwnerOptions;
}

/** @returns The node's id. @throws ProtocolError as Registration.run, GATEWAY_UNREACHABLE, CONFIG_INVALID */
export async function registerNode(
  context: CommandContext,
  { chain, identity, options = {} }: RegisteringNode,
): Promise<bigint> {
  const { config, log, signal } = context;
  mkdirSync(config.FIZZ_NODE_DATA_DIR, { recursive: true, mode: 0o700 });
  const { peerId } = await gatewayApi({ baseUrl: requireGateway(config), fetch }).network(signal);
  const input = {
    operatorKey: identity.key,
    ...(await ownerOf(context, chain, options)),
    mode: config.FIZZ_NODE_MODE,
    region: config.FIZZ_NODE_REGION,
    ...capacityClaim(context, claimedResources(config), { keeping: identity }),
    gateway: addressOfPeerId(peerId),
    maxCutBps: config.FIZZ_NODE_MAX_CUT_BPS,
    operatorGas: parseAmount(config.FIZZ_NODE_OPERATOR_GAS),
  };
  return await new Registration(chain, input, log).run();
}

/** Who acts as the owner. */
async function ownerOf(
  context: CommandContext,
  { chain }: ChainClients,
  { unsigned, owner, ownerKeystore }: OwnerOptions,
): Promise<Pick<RegistrationInput, "ownerKey" | "unsigned">> {
  if (unsigned !== true) return { ownerKey: await findOwnerKey(context, ownerKeystore) };
  const address = requireOwnerAddress(owner, "the node");
  return { ownerKey: undefined, unsigned: printedCalls(context, chain.id, address) };
}
