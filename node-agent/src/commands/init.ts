import { generatePrivateKey } from "viem/accounts";
import { writeOperatorKey, readOperatorKey } from "../store/operator-key.ts";
import { type CommandContext, identityOf, keyFileOf } from "./context.ts";

/** Makes the operator key, once. */
export async function init({ config, print }: CommandContext): Promise<number> {
  const path = keyFileOf(config);
  const isNew = writeOperatorKey(path, generatePrivateKey());
  const { operator, peerId } = identityOf(readOperatorKey(path));
  print(
    isNew
      ? `Made a new operator key in ${path} (mode 0600).`
      : `There is an operator key in ${path} already.`,
  );
  print(`Operator: ${operator}`);
  print(`Peer id:  ${peerId}`);
  print("Next: set FIZZ_NODE_GATEWAY and FIZZ_NODE_OWNER_KEY, then run: npm run node -- register");
  return await Promise.resolve(0);
}
