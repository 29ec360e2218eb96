import { hashOpenPart, packResources, resourcesOf } from "@fizz/protocol/manifest";
import { composeLease } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { fizzDomain, quoteTypedData } from "@fizz/protocol/typed-data";
import { type Hex, zeroAddress } from "viem";
import { Libp2pGatewayLink } from "../../../node-agent/src/p2p/gateway-link.ts";
import { serveTunnelLink } from "../../../node-agent/src/p2p/tunnel-link.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { AnsweringDesk } from "../../node-agent/support/answers.ts";
import { FakeChain } from "../../node-agent/support/fake-chain.ts";
import { idlePulsing } from "../../node-agent/support/memory-pulses.ts";
import { silentLog } from "../../node-agent/support/silent-log.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { until } from "../../support/until.ts";
import { type deployChainWorld, NODE_KEY } from "./chain-world.ts";

const CHAIN_ID = 31_337;
const NODE_ID = 1n;

export type World = Awaited<ReturnType<typeof deployChainWorld>>;

/** What a node serves besides public connections. */
type Serve = ConstructorParameters<typeof Libp2pGatewayLink>[0]["serve"];

/** The agent's own way to its gateway, to one container. Not started. */
export function nodeOf(
  { contracts }: World,
  gatewayUrl: string,
  { port, more }: { readonly port: number | (() => number); readonly more?: Serve },
): Libp2pGatewayLink {
  const chain = Object.assign(new FakeChain(), { market: contracts.leaseMarket });
  const pulsing = idlePulsing({ key: NODE_KEY, nodeId: NODE_ID, slasher: zeroAddress });
  const portNow = typeof port === "number" ? (): number => port : port;
  const targets = { locate: () => Promise.resolve({ host: "127.0.0.1", port: portNow() }) };
  return new Libp2pGatewayLink(
    {
      ...{ chain, clock, log: silentLog, quoting: new AnsweringDesk(), pulsing },
      serve: async (host, gatewayPeer, signal) => {
        await more?.(host, gatewayPeer, signal);
        await serveTunnelLink(host, { targets, context: { log: silentLog, gatewayPeer, signal } });
      },
      onChange: () => undefined,
    },
    { gatewayUrl, privateKey: NODE_KEY, nodeId: NODE_ID, contracts, agentVersion: "test" },
  );
}

export interface LeasedDoor {
  readonly lid: bigint;
  readonly leaseHash: Hex;
  /** Asks for it once the node is connected. @returns The public port. */
  openDoor(): Promise<number>;
}

/** A lease on a real chain, whose node asks for one door. */
export async function openLease(world: World, link: Libp2pGatewayLink): Promise<LeasedDoor> {
  const { contracts, node, tenant } = world;
  const market = contracts.leaseMarket;
  const order = sampleOrder();
  const { openPart, openSalt } = order;
  const quote = sampleQuote(order, (await generateSealingKeyPair()).publicKey, {
    openPartHash: hashOpenPart(openPart, openSalt),
    resources: packResources(resourcesOf(openPart, 0)),
    ratePerSecond: 10n ** 10n,
    protocolCutBps: await world.protocolCutBps(),
    expiresAt: Math.floor(Date.now() / 1_000) + 120,
  });
  const signature = await node.signTypedData(quoteTypedData(fizzDomain(CHAIN_ID, market), quote));
  const signed = { quote, signature };
  const composed = composeLease({ order, signed, tenant, chainId: CHAIN_ID, market, prepaidSeconds: 600 });
  const lid = await world.open(signed, composed.terms);
  const { leaseHash } = composed;
  const openDoor = async (): Promise<number> => {
    await until(() => Promise.resolve(link.session() !== undefined), "the node is connected");
    const doors = [{ service: "web", replica: 0, port: 8080, protocol: "tcp" }] as const;
    const request = { lid, leaseHash, doors: [...doors] };
    const { endpoints } = await link.openDoors(request, AbortSignal.timeout(10_000));
    return endpoints[0]?.publicPort ?? 0;
  };
  return { lid, leaseHash, openDoor };
}
