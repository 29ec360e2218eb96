import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { hashOpenPart, openPartSchema, packResources, priceCeilingPerSecond } from "@fizz/protocol/manifest";
import {
  type ContractAddresses,
  manifestDeliverySchema,
  quotesRequestSchema,
  toWire,
} from "@fizz/protocol/messages";
import { scoreInputOf, scoreQuote } from "@fizz/protocol/scores";
import { type OpenedDelivery } from "@fizz/protocol/orders";
import {
  consentTypedData,
  fizzDomain,
  type SignedRevocation,
  signedRevocationSchema,
} from "@fizz/protocol/typed-data";
import { type Address, type Hex, pad, parseEther, parseEventLogs, stringToHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { deployLocal } from "../../../scripts/deploy-local.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import {
  connectChain,
  fundOperators,
  type LocalChain,
  registerSubnet,
} from "../../../scripts/lib/set-up-chain.ts";
import { type Anvil, startAnvil } from "../../../scripts/lib/start-anvil.ts";
import { type FakePeers, startPeers } from "./fake-peers.ts";
import { type Behaviour, FakeNode, type NodeInit } from "./scripted-node.ts";

const GATEWAY_URL = "http://gateway.test";
const CAPACITY = { milliCpu: 32_000, memoryMiB: 65_536, storageGiB: 100, gpuUnits: 0, gpuModel: 0 };

export interface FakeNetwork {
  readonly anvil: Anvil;
  readonly chain: LocalChain;
  readonly contracts: ContractAddresses;
  readonly tenant: ReturnType<typeof devAccount>;
  readonly stranger: ReturnType<typeof devAccount>;
  readonly nodeId: bigint;
  readonly gatewayKey: Hex;
  readonly behaviour: Behaviour;
  /** Query of the last feed that the node was asked for. */
  readonly asked: () => unknown;
  /** What private connections brought to the node. */
  readonly heard: () => string;
  /** What stands for the file system of the node's containers. */
  readonly files: string;
  /** Manifests that the node opened, newest last. */
  readonly opened: OpenedDelivery[];
  /** Text of `.fizz/network.json`. */
  readonly description: string;
  /** Hands a revocation to the node. */
  readonly revoke: (signed: SignedRevocation) => Promise<unknown>;
  /** Answers for the gateway itself, and passes RPC calls on. */
  readonly fetch: typeof globalThis.fetch;
  stop(): Promise<void>;
}

/**
 * A real chain with the real contracts, a gateway's HTTP API in memory, and a node that is real where the CLI meets it:
 * its signatures, its chain calls, its libp2p sessions through a relay.
 */
export async function startFakeNetwork(): Promise<FakeNetwork> {
  const anvil = await startAnvil({ blockTime: 0 });
  const chain = connectChain(anvil.rpcUrl);
  const contracts = await deployLocal({
    rpcUrl: anvil.rpcUrl,
    privateKey: devAccount("deployer").privateKey,
  });
  const keys = { gateway: generatePrivateKey(), node: generatePrivateKey() };
  const [gatewayOperator, operator] = [privateKeyToAccount(keys.gateway), privateKeyToAccount(keys.node)];
  await fundOperators(chain, gatewayOperator.address, [operator.address]);
  const subnetId = await registerSubnet(chain, {
    contracts,
    gatewayOperator: gatewayOperator.address,
    apiUrl: GATEWAY_URL,
    multiaddrs: "",
  });
  const nodeId = await registerNode({ chain, contracts, subnetId, nodeKey: keys.node });
  const node = new FakeNode({ chain, contracts, subnetId, nodeId, nodeKey: keys.node });
  const tenant = devAccount("tenant");
  const domain = fizzDomain(anvil.chainId, contracts.leaseMarket);
  const peers = await startPeers(keys, {
    domain,
    tenant: tenant.account.address,
    nodeId,
    status: (leaseHash) => node.status(leaseHash),
    events: node.events,
    logs: node.logs,
    stats: node.stats,
    asked: (query) => {
      node.asked = query;
    },
    greeting: "hello tenant\n",
    connection: () => node.behaviour.connection,
    hear: (bytes) => {
      node.heard += new TextDecoder().decode(bytes);
    },
  });
  const network = {
    version: "0.0.0",
    chainId: anvil.chainId,
    contracts,
    subnetId,
    operator: gatewayOperator.address,
    peerId: peers.gatewayPeerId,
    multiaddrs: peers.gatewayAddresses,
    publicHost: "127.0.0.1",
  };
  const { chainId, rpcUrl } = anvil;
  return {
    anvil,
    chain,
    contracts,
    tenant,
    stranger: devAccount("deployer"),
    nodeId,
    gatewayKey: keys.gateway,
    behaviour: node.behaviour,
    heard: () => node.heard,
    files: peers.files,
    asked: () => node.asked,
    opened: node.opened,
    description: toWire({
      chainId,
      rpcUrl,
      contracts,
      gatewayUrl: GATEWAY_URL,
      webUrl: "",
      subnetId,
      dev: true,
    }),
    revoke: peers.revoke,
    fetch: gatewayFetch(node, network, peers),
    stop: async () => {
      await peers.stop();
      await anvil.stop();
    },
  };
}

async function registerNode({
  chain,
  contracts,
  subnetId,
  nodeKey,
}: Omit<NodeInit, "nodeId">): Promise<bigint> {
  const owner = devAccount("nodeOwner").account;
  const operator = privateKeyToAccount(nodeKey);
  const registry = { address: contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
  const domain = fizzDomain(await chain.client.getChainId(), contracts.nodeRegistry);
  const consent = await operator.signTypedData(
    consentTypedData(domain, { owner: owner.address, operator: operator.address }),
  );
  const wallet = chain.wallet(owner);
  const registration = {
    mode: 0,
    operator: operator.address,
    resources: packResources(CAPACITY),
    cpuTier: 1,
    gpuTier: 0,
    region: pad(stringToHex("local"), { dir: "right", size: 16 }),
  };
  const value = parseEther("0.005");
  const args = [registration, consent] as const;
  const { logs } = await chain.receipt(
    await wallet.writeContract({ ...registry, functionName: "register", args, value }),
  );
  const [registered] = parseEventLogs({ abi: nodeRegistryAbi, eventName: "NodeRegistered", logs });
  if (registered === undefined) throw new Error("register emitted nothing");
  const { nodeId } = registered.args;
  await chain.receipt(
    await wallet.writeContract({ ...registry, functionName: "joinSubnet", args: [nodeId, subnetId, 1_000] }),
  );
  return nodeId;
}

function gatewayFetch(
  node: FakeNode,
  network: { operator: Address },
  peers: FakePeers,
): typeof globalThis.fetch {
  const answers: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
    "/v1/network": () => Promise.resolve(network),
    "/v1/nodes": () => Promise.resolve({ now: 0, total: 0, nextCursor: null, nodes: [] }),
    "/v1/quotes": async (body) => {
      if (!node.behaviour.bids)
        return {
          quotes: [],
          refusals: [{ nodeId: "1", code: "NODE_FULL", message: "2 CPU are wanted, 1 is free." }],
        };
      const request = quotesRequestSchema.parse(body);
      const signed = await node.quote(request);
      const openPart = openPartSchema.parse(request.openPart);
      const ceilingPerSecond = priceCeilingPerSecond(openPart);
      const inputs = await node.scoreInputs();
      const { score, parts } = scoreQuote(scoreInputOf({ quote: signed.quote, inputs, ceilingPerSecond }));
      return node.behaviour.tamper({
        quotes: [
          { signed, peerId: peers.nodePeerId, score, parts: parts.map((part) => ({ ...part })), inputs },
        ],
        refusals: [],
        order: { openPartHash: hashOpenPart(openPart, request.openSalt), ceilingPerSecond },
      });
    },
    revocations: async (body) => await peers.revoke(signedRevocationSchema.parse(body)),
    manifest: async (body) => {
      if (node.behaviour.offlineDeliveries > 0) {
        node.behaviour.offlineDeliveries -= 1;
        return { pending: true };
      }
      return await node.take(manifestDeliverySchema.parse(body));
    },
  };
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin !== GATEWAY_URL) return await fetch(input, init);
    const answer =
      answers[url.pathname] ?? answers[/^\/v1\/leases\/\d+\/(\w+)$/.exec(url.pathname)?.[1] ?? ""];
    if (url.pathname.startsWith("/v1/nodes/")) {
      const error = errorToWire(new ProtocolError("NODE_UNKNOWN", "It is not here."));
      return new Response(toWire({ error }), { status: 404 });
    }
    if (answer === undefined) return new Response("{}", { status: 404 });
    const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    return new Response(toWire(await answer(body)), { status: 200 });
  };
}
