import { type Fetch } from "./chain/chain.ts";

type Report = (line: string) => void;

/** Wraps fetch so that each call is told: RPC methods by name, HTTP by method and URL. No headers, no bodies. */
export function explainingFetch(fetch: Fetch, report: Report): Fetch {
  return async (input, init) => {
    const startedAt = performance.now();
    const call = describe(input, init);
    const took = (): string => `${Math.round(performance.now() - startedAt)} ms`;
    try {
      const response = await fetch(input, init);
      report(`${call} → ${response.status} in ${took()}`);
      return response;
    } catch (error) {
      report(`${call} → no answer in ${took()}`);
      throw error;
    }
  };
}

function describe(input: Parameters<Fetch>[0], init: RequestInit | undefined): string {
  const url = input instanceof Request ? input.url : String(input);
  const methods = rpcMethods(init?.body);
  if (methods.length > 0) return `rpc ${methods.join(", ")} ${url}`;
  return `http ${init?.method ?? (input instanceof Request ? input.method : "GET")} ${url}`;
}

function rpcMethods(body: unknown): string[] {
  if (typeof body !== "string" || !body.includes('"jsonrpc"')) return [];
  try {
    const parsed: unknown = JSON.parse(body);
    return (Array.isArray(parsed) ? parsed : [parsed]).map((call: unknown) =>
      typeof call === "object" && call !== null && "method" in call ? String(call.method) : "?",
    );
  } catch {
    return [];
  }
}
