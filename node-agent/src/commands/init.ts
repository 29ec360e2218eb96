import { ProtocolError } from "@fizz/protocol/errors";
import { type CommandContext, type Identity, identityOf, operatorKeyOf } from "./context.ts";
import { freshMeasurement } from "./measure.ts";
import { capacityLines } from "./print-capacity.ts";

/** Makes the operator key, once; encrypts one that an earlier agent left as it is. Then it measures the machine. */
export async function init(context: CommandContext): Promise<number> {
  const { print } = context;
  const operatorKey = operatorKeyOf(context);
  const { path } = operatorKey;
  const made = await operatorKey.make();
  if (made.outcome === "kept") {
    print(`There is an operator key in ${path} already.`);
    print(`Operator: ${made.address}`);
    return 0;
  }
  const identity = identityOf(made.key);
  const { operator, peerId } = identity;
  print(
    made.outcome === "made"
      ? `Made a new operator key in ${path}, encrypted with its password.`
      : `The operator key in ${path} is encrypted now. The disk, and backups, may still hold it as it was.`,
  );
  print(`Operator: ${operator}`);
  print(`Peer id:  ${peerId}`);
  print("Keep the password and a copy of that file: without either, the node cannot be taken up again.");
  await measure(context, identity);
  print("Next: set FIZZ_NODE_GATEWAY, then run: npm run node -- register --owner-keystore FILE");
  return 0;
}

/** Its failure is no failure of `init`: `register` tries again. */
async function measure(context: CommandContext, identity: Identity): Promise<void> {
  const { config, print } = context;
  if (config.FIZZ_NODE_BENCHMARK_SECONDS === 0) return;
  print("Measuring this machine.");
  try {
    const measured = await freshMeasurement(context, identity);
    for (const line of capacityLines(measured, undefined, Date.now())) print(line);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    print(`Not measured: ${error.code}: ${error.message}`);
  }
}
