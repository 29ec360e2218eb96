import { type RelayedRequest } from "@fizz/protocol/messages";
import { parseEther, parseGwei } from "viem";
import { RpcRelayChain } from "../../../relayer/src/chain/relay-chain.ts";
import { RpcChain } from "../../../relayer/src/chain/rpc-chain.ts";
import { HttpServer } from "../../../relayer/src/http/http-server.ts";
import { type RelayMeter, type RequestBackend } from "../../../relayer/src/request-ports.ts";
import { RequestDesk } from "../../../relayer/src/services/request-desk.ts";
import { RequestSender } from "../../../relayer/src/services/request-sender.ts";
import { memoryHttpMeter, memoryLogger } from "../../relayer/support/builders.ts";
import { MemoryRequestStore } from "../../relayer/support/memory-request-store.ts";
import { type FakeNetwork } from "./fake-network.ts";

const QUOTA = { requests: 100, gas: 50_000_000n };
const meter: RelayMeter = {
  relayed: () => undefined,
  relayPaid: () => undefined,
  relayRefused: () => undefined,
};

export interface PayingGateway {
  /** As the network's, with the gateway's own code for relayed requests. */
  readonly fetch: typeof globalThis.fetch;
  stop(): Promise<void>;
}

/**
 * A network's gateway that pays for tenants: the real desk, sender and HTTP routes, with its own key.
 *
 * @param tell What it makes of a request's state before it says it; the truth when left out. An honest one sends first.
 */
export async function startPayingGateway(
  network: FakeNetwork,
  tell?: (found: RelayedRequest) => RelayedRequest,
): Promise<PayingGateway> {
  const { anvil, contracts, gatewayKey, chain: local } = network;
  const { rpcUrl } = anvil;
  const relay = new RpcRelayChain({ rpcUrl, contracts, key: gatewayKey });
  const logger = memoryLogger();
  const chain = new RpcChain(
    { logger, clock: Date.now },
    { rpcUrl, contracts, operator: relay.relayer, confirmations: 2, pollMs: 1_000 },
  );
  const parts = { chain, relay, store: new MemoryRequestStore(), clock: Date.now, meter, logger };
  const limits = { maxGas: 1_000_000n, minBalance: parseEther("0.005"), perSigner: QUOTA, total: QUOTA };
  const nothing = (): void => undefined;
  const desk = new RequestDesk(
    { ...parts, wallets: { take: nothing }, requireServing: nothing, onAccepted: nothing },
    { ...limits, nodes: true, tenants: "all" },
  );
  const sender = new RequestSender(
    parts,
    { depth: 2n },
    { feeCap: parseGwei("100"), bumpBlocks: 3n, minBalance: limits.minBalance, total: QUOTA },
  );
  const requests: RequestBackend = {
    relay: (signed) => desk.relay(signed),
    queueOf: (signer) => desk.queueOf(signer),
    find: async (id) => {
      if (tell !== undefined) return tell(await desk.find(id));
      await sender.round();
      await local.client.request({ method: "evm_mine", params: [] } as never);
      return await desk.find(id);
    },
  };
  // None of its other routes is called here.
  const components = { backend: {} as never, requests, meter: memoryHttpMeter(), logger };
  const server = new HttpServer(components, { host: "127.0.0.1", port: 0, rateLimit: 10_000 });
  const base = `http://127.0.0.1:${await server.start()}`;
  return {
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : String(input));
      const isRequest = url.pathname.startsWith("/v1/requests");
      return isRequest
        ? await fetch(`${base}${url.pathname}${url.search}`, init)
        : await network.fetch(input, init);
    },
    stop: () => server.stop(),
  };
}
