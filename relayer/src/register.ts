import { registerSubnet } from "./chain/register-subnet.ts";
import { type Config } from "./config.ts";
import { announcedAddresses } from "./p2p/announce.ts";
import { ProtocolError } from "@fizz/protocol/errors";

/** `npm run gateway -- register`: stakes, registers the subnet, or publishes its endpoints anew. One line of JSON. */
export async function register(config: Config): Promise<string> {
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
  return JSON.stringify({ event: "subnet.registered", ...done, apiUrl, multiaddrs, domain });
}
