import { type NetworkConfig, readNetworkConfig } from "./network-config.ts";

const NETWORK_PATH = "/network.json";
const LOAD_TIMEOUT_MS = 8_000;
/** Largest network.json that is read, in UTF-16 units. */
const MAX_NETWORK_LENGTH = 100_000;

export type NetworkResult =
  { readonly ok: true; readonly config: NetworkConfig } | { readonly ok: false; readonly message: string };

/** Fetches the page's runtime configuration from its own origin. */
export async function loadNetwork(signal: AbortSignal): Promise<NetworkResult> {
  const response = await fetch(NETWORK_PATH, {
    cache: "no-store",
    signal: AbortSignal.any([signal, AbortSignal.timeout(LOAD_TIMEOUT_MS)]),
  }).catch(() => undefined);
  if (response === undefined) return fail("The server of this page does not answer.");
  if (!response.ok)
    return fail(`The server of this page has no ${NETWORK_PATH} (status ${response.status}).`);
  const text = await response.text();
  const result = readNetworkConfig(text.length > MAX_NETWORK_LENGTH ? undefined : parseJson(text));
  return result.ok
    ? result
    : fail(`${NETWORK_PATH} of this page is not usable: ${result.problems.join(" ")}`);
}

function fail(message: string): NetworkResult {
  return { ok: false, message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
