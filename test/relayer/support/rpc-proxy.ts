import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly Record<string, string>[];
}

/** What stands between a program and a chain's RPC. */
export interface RpcProxy {
  readonly url: string;
  /** Nobody answers. */
  isBroken: boolean;
  /** Blocks of one call for events; more are refused, as public RPCs do. */
  maxBlocks: number;
  /** No block is known by its hash, as on an RPC whose index of them lags or broke. */
  knowsHashes: boolean;
  /** Calls that were passed on, by method. */
  readonly calls: Map<string, number>;
  /** Called before each call is passed on. */
  onCall: (method: string) => void | Promise<void>;
  stop(): Promise<void>;
}

export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isBroken: false,
    maxBlocks: Infinity,
    knowsHashes: true,
    calls: new Map(),
    onCall: () => undefined,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const piece of request) body += String(piece);
    if (proxy.isBroken) return void request.socket.destroy();
    const calls = JSON.parse(body) as Call | Call[];
    const answers = await Promise.all([calls].flat().map((call) => pass(call)));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(calls) ? answers : answers[0]));
  }

  async function pass(call: Call): Promise<unknown> {
    const { id, method, params = [] } = call;
    const { fromBlock, toBlock, blockHash } = params[0] ?? {};
    if (blockHash !== undefined && !proxy.knowsHashes)
      return { jsonrpc: "2.0", id, error: { code: -32_000, message: "unknown block" } };
    const blocks = fromBlock === undefined ? 0 : Number(toBlock) - Number(fromBlock) + 1;
    if (method === "eth_getLogs" && blocks > proxy.maxBlocks)
      return { jsonrpc: "2.0", id, error: { code: -32_005, message: "query exceeds max block range" } };
    await proxy.onCall(method);
    proxy.calls.set(method, (proxy.calls.get(method) ?? 0) + 1);
    const headers = { "content-type": "application/json" };
    const got = await fetch(target, { method: "POST", headers, body: JSON.stringify(call) });
    return await got.json();
  }
}
