import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type CommandContext, requireIdentity } from "./context.ts";
import { connectNodeChain } from "./node-view.ts";

/** Refuses new leases, or takes them again. Running leases go on. */
export async function drain(context: CommandContext, draining: boolean): Promise<number> {
  const identity = await requireIdentity(context);
  const { chain, clients, transactions } = await connectNodeChain(context, identity);
  const node = await chain.node();
  if (node === undefined)
    throw new ProtocolError(
      "IDENTITY_UNKNOWN",
      "This operator key serves no node. Run: npm run node -- register",
    );
  await transactions.send({
    address: clients.contracts.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "setDraining",
    args: [node.nodeId, draining],
  });
  const what = draining ? "takes no new leases; running ones go on" : "takes new leases again";
  context.print(`Node ${node.nodeId} ${what}.`);
  return 0;
}
