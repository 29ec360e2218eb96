import { leaseMarketAbi } from "@fizz/protocol/chain";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { hashOpenPart, packResources, resourcesOf } from "@fizz/protocol/manifest";
import { toWire } from "@fizz/protocol/messages";
import { composeLease } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import {
  fizzDomain,
  grantTypedData,
  proofTypedData,
  quoteTypedData,
  revocationDigest,
  revocationTypedData,
  signForwardRequest,
} from "@fizz/protocol/typed-data";
import { encodeFunctionData, type Hex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { RpcRelayChain } from "../../../../relayer/src/chain/relay-chain.ts";
import { devAccount } from "../../../../scripts/lib/dev-accounts.ts";
import { sampleOrder, sampleQuote } from "../../../support/sample-order.ts";
import { LINE } from "../api-answers.ts";
import { hash, offer, testKey } from "../builders.ts";
import { type deployChainWorld, GATEWAY_KEY, NODE_RESOURCES } from "../chain-world.ts";

const CHAIN_ID = 31_337;
const SESSION_KEY = testKey(0x33);

/** Messages that are right in every part, for a lease that exists, signed by those who should. */
export type FuzzSamples = Awaited<ReturnType<typeof fuzzSamples>>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function fuzzSamples(world: Awaited<ReturnType<typeof deployChainWorld>>) {
  const { contracts, tenant, node, anvil } = world;
  const market = contracts.leaseMarket;
  const domain = fizzDomain(CHAIN_ID, market);
  const order = sampleOrder();
  const { openPart, openSalt } = order;
  const sealing = await generateSealingKeyPair();
  const quote = sampleQuote(order, sealing.publicKey, {
    openPartHash: hashOpenPart(openPart, openSalt),
    resources: packResources(resourcesOf(openPart, 0)),
    ratePerSecond: 10n ** 10n,
    startWindowSeconds: 86_000,
    protocolCutBps: await world.protocolCutBps(),
    expiresAt: Math.floor(Date.now() / 1_000) + 3_600,
  });
  const signed = { quote, signature: await node.signTypedData(quoteTypedData(domain, quote)) };
  const lease = composeLease({ order, signed, tenant, chainId: CHAIN_ID, market, prepaidSeconds: 600 });
  const lid = await world.open(signed, lease.terms);
  const { leaseHash } = lease;
  const session = privateKeyToAccount(SESSION_KEY);
  const grant = {
    ...{ tenant, nodeId: 1n, leaseHash, scopes: "status logs events exec update connect" },
    sessionKey: publicKeyOfPrivateKey(SESSION_KEY),
    expiresAt: Math.floor(Date.now() / 1_000) + 3_600,
  };
  const wallet = devAccount("tenant").account;
  const granted = { grant, signature: await wallet.signTypedData(grantTypedData(domain, grant)) };
  const { sessionKey, expiresAt: upTo } = grant;
  const revocation = { tenant, nodeId: 1n, leaseHash, sessionKey, upTo };
  const revoked = await wallet.signTypedData(revocationTypedData(domain, revocation));
  const proofOf = async (nonce: Hex): Promise<object> => {
    const message = { nodeId: 1n, leaseHash, nonce };
    return { nonce, signature: await session.signTypedData(proofTypedData(domain, message)) };
  };
  const proof = await proofOf(hash(9));
  const relay = new RpcRelayChain({ rpcUrl: anvil.rpcUrl, contracts, key: GATEWAY_KEY });
  const call = { abi: leaseMarketAbi, functionName: "confirmStart", args: [lid, leaseHash] } as const;
  const request = await signForwardRequest(node, await relay.domain(), {
    ...{ from: node.address, to: market, value: 0n, gas: 300_000n, nonce: 0n },
    ...{ deadline: Math.floor(Date.now() / 1_000) + 3_600, data: encodeFunctionData(call) },
  });
  const door = { service: "web", replica: 0, port: 8_080, protocol: "tcp" };
  const route = { scheme: "http", accept: ["shop.example.org"], options: {} };
  const hello = { agentVersion: "0.1.0", chainId: CHAIN_ID, market, nodeId: 1n };
  const free = offer({ total: NODE_RESOURCES, free: NODE_RESOURCES });
  const delivery = await lease.delivery(lid);
  const samples = {
    lid,
    leaseHash,
    order: { openPart, openSalt, tenant, token: zeroAddress },
    delivery,
    auth: { signed: granted, proof },
    revocation: { revocation, signature: revoked },
    request: request.signed,
    requestId: request.id,
    doors: { lid, leaseHash, doors: [door, { ...door, port: 80, route, group: 1, proxyProtocol: "v2" }] },
    hello: { type: "hello", ...hello, offer: free },
    update: { type: "update", offer: free },
    pulse: {
      ...{ type: "pulse", signature: `0x${"11".repeat(65)}` },
      pulse: { nodeId: 1n, subnetId: 1, at: Math.floor(Date.now() / 1_000), leases: 0, leaseRoot: hash(0) },
    },
    observe: { type: "observe" },
    quote: { type: "quote", signed },
    receipt: {
      type: "receipt",
      signed: {
        receipt: { lid, leaseHash, manifestHash: delivery.manifestHash },
        signature: `0x${"11".repeat(65)}`,
      },
    },
    challenge: { type: "challenge", nodeId: 1n, nonce: hash(7), expiresAt: Date.now() },
    status: { type: "status", status: statusOf({ lid, leaseHash, operator: node.address }) },
    logs: [LINE],
    events: [{ cursor: 1, at: 5, code: "image.pulled", message: "done", service: "web", data: { a: [1] } }],
    stats: [
      {
        at: 5,
        replicas: [
          {
            ...{ service: "web", replica: 0, restarts: 0, usage: null },
            limits: { milliCpu: 500, memoryBytes: 5 },
          },
        ],
      },
    ],
    error: {
      type: "error",
      error: { code: "NODE_FULL", message: "full", retryable: true, details: { a: 1 } },
    },
    revoked: {
      ...{ type: "revoked", ended: 2 },
      receipt: {
        receipt: { revocation: revocationDigest(domain, revocation), at: upTo },
        signature: `0x${"11".repeat(65)}`,
      },
    },
    ready: { type: "ready" },
  };
  return JSON.parse(toWire(samples)) as { [Name in keyof typeof samples]: unknown } & {
    readonly lid: string;
    readonly leaseHash: Hex;
    readonly requestId: Hex;
    readonly logs: unknown[];
    readonly events: unknown[];
    readonly stats: unknown[];
  };
}

function statusOf(ids: { readonly lid: bigint; readonly leaseHash: Hex; readonly operator: Hex }) {
  return {
    ...{ ...ids, state: "open", nodeId: 1n, manifestHash: hash(1), version: 1 },
    ...{ replicas: { ready: 0, total: 1 }, services: [], endpoints: [] },
    ...{ openPart: {}, openSalt: hash(1), sealedPartHash: hash(2) },
  };
}
