import { ProtocolError } from "@fizz/protocol/errors";
import { registerSubnet } from "../chain/register-subnet.ts";
import { announcedAddresses } from "../p2p/announce.ts";
import { type CommandContext } from "./context.ts";

/** Stakes, registers the subnet, or publishes its endpoints anew. One line of JSON. */
export async function register({ readConfig, print }: CommandContext): Promise<number> {
  const config = readConfig();
  const { rpcUrl, contracts, key, ownerKey, cutBps, apiUrl, domain } = config;
  const multiaddrs = announcedAddresses(config);
  if (apiUrl === undefined || multiaddrs.length === 0)
    throw new ProtocolError(
      "CONFIG_INVALID",
      "Others must find the gateway: set FIZZ_GATEWAY_API_URL, and FIZZ_GATEWAY_PUBLIC_HOST or FIZZ_GATEWAY_ANNOUNCE.",
    );
  const done = await registerSubnet({
    rpcUrl,
    contracts,
    operatorKey: key,
    ownerKey: ownerKey ?? key,
    cutBps,
    apiUrl,
    multiaddrs,
    domain,
  });
  print(JSON.stringify({ event: "subnet.registered", ...done, apiUrl, multiaddrs, domain }));
  return 0;
}
