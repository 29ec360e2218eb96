import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { type Connection, type Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { addressOfPeerId, addressOfPublicKey } from "@fizz/protocol/identity";
import {
  connectRequestSchema,
  type ControlAuth,
  type DeploymentStatus,
  eventsRequestSchema,
  type LeaseEvent,
  type LogLine,
  logsRequestSchema,
  protocols,
  STATS_WINDOW_FRAMES,
  statsRequestSchema,
  type StatsSnapshot,
  type Revoked,
  statusRequestSchema,
} from "@fizz/protocol/messages";
import { FramedStream, MUXER_INIT, sendFeed } from "@fizz/protocol/streams";
import { type FizzDomain, recoverGrantSigner, type SignedRevocation } from "@fizz/protocol/typed-data";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { type Programs } from "../../../node-agent/src/exec-ports.ts";
import { CopyDesk } from "../../../node-agent/src/leases/copy-desk.ts";
import { serveCopy } from "../../../node-agent/src/p2p/copy-protocol.ts";
import { serveExec } from "../../../node-agent/src/p2p/exec-protocol.ts";
import { type StoredLease } from "../../../node-agent/src/domain/stored-lease.ts";
import { revokedUpTo } from "../../../node-agent/src/domain/revoked-grants.ts";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { LiveGrants } from "../../../node-agent/src/leases/live-grants.ts";
import { RevocationDesk } from "../../../node-agent/src/leases/revocation-desk.ts";
import { serveRevoke } from "../../../node-agent/src/p2p/revoke-protocol.ts";
import { PeerLimits } from "../../../node-agent/src/p2p/peer-limits.ts";
import { type ControlGate } from "../../../node-agent/src/ports.ts";
import { systemClock } from "../../../node-agent/src/system-clock.ts";
import { fakeExec } from "../../node-agent/support/fake-exec.ts";
import { storedLease } from "../../node-agent/support/builders.ts";
import { silentLog } from "../../node-agent/support/silent-log.ts";
import { localTar } from "../../support/local-tar.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Address, type Hex, hexToBytes, isAddressEqual } from "viem";

/** What the node of a test answers with. */
export interface NodeAnswers {
  readonly domain: FizzDomain;
  readonly tenant: Address;
  readonly nodeId: bigint;
  status(leaseHash: Hex): DeploymentStatus;
  readonly events: LeaseEvent[];
  readonly logs: LogLine[];
  readonly stats: StatsSnapshot[];
  /** Called with the query of each feed. */
  readonly asked: (query: unknown) => void;
  /** What a private connection is told first; the bytes of the caller follow. */
  readonly greeting: string;
  /** What becomes of a private connection then: its bytes come back, its answer ends there, or it is cut. */
  readonly connection: () => "echo" | "end" | "cut";
  /** Called with what a private connection brings. */
  readonly hear: (bytes: Uint8Array) => void;
}

export interface FakePeers {
  /** Addresses of the gateway with its peer id. */
  readonly gatewayAddresses: readonly string[];
  readonly gatewayPeerId: string;
  readonly nodePeerId: string;
  /** What stands for the file system of its containers. */
  readonly files: string;
  /** The node takes a revocation, whichever way it came. */
  readonly revoke: (signed: SignedRevocation) => Promise<Revoked>;
  stop(): Promise<void>;
}

/**
 * Two real libp2p hosts: a gateway that only relays, and a node behind it that can be reached in no other way. The
 * node checks grant and session key as a real one must.
 */
export async function startPeers(
  keys: { gateway: Hex; node: Hex },
  answers: NodeAnswers,
): Promise<FakePeers> {
  const shared = {
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER_INIT)],
    connectionGater: { denyDialMultiaddr: () => false },
    // Each command of a test is a connection of its own.
    connectionManager: { inboundConnectionThreshold: 1_000 },
  };
  const gateway = await createLibp2p({
    ...shared,
    privateKey: privateKeyFromRaw(hexToBytes(keys.gateway)),
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    services: {
      identify: identify(),
      relay: circuitRelayServer({ reservations: { applyDefaultLimit: false } }),
    },
  });
  const addresses = gateway.getMultiaddrs().map((address) => address.toString());
  const node = await createLibp2p({
    ...shared,
    privateKey: privateKeyFromRaw(hexToBytes(keys.node)),
    addresses: { listen: addresses.map((address) => `${address}/p2p-circuit`) },
    transports: [tcp(), circuitRelayTransport()],
    services: { identify: identify() },
  });
  await node.dial(addresses.map((address) => multiaddr(address)));
  const files = await mkdtemp(join(tmpdir(), "fizz-files-"));
  const revocations = new Revocations(answers, keys.node);
  await serve(node, { answers, revocations, files });
  await reserved(node);
  return {
    gatewayAddresses: addresses,
    gatewayPeerId: gateway.peerId.toString(),
    nodePeerId: node.peerId.toString(),
    files,
    revoke: (signed) => revocations.desk.revoke(signed),
    stop: async () => {
      await node.stop();
      await gateway.stop();
      await rm(files, { recursive: true, force: true });
    },
  };
}

async function reserved(node: Libp2p): Promise<void> {
  while (!node.getMultiaddrs().some((address) => address.toString().includes("p2p-circuit")))
    await new Promise((resolve) => {
      node.addEventListener("self:peer:update", resolve, { once: true });
    });
}

interface Served {
  readonly answers: NodeAnswers;
  readonly revocations: Revocations;
  readonly files: string;
}

async function serve(node: Libp2p, { answers, revocations, files }: Served): Promise<void> {
  const options = { runOnLimitedConnection: true };
  const signal = AbortSignal.timeout(60_000);
  await node.handle(
    protocols.status,
    async (stream, connection) => {
      const framed = new FramedStream(stream);
      const { auth } = await framed.require(statusRequestSchema, signal);
      try {
        await revocations.authorize(auth, connection);
        await framed.write({ type: "status", status: answers.status(auth.signed.grant.leaseHash) }, signal);
      } catch (error) {
        await framed.write({ type: "error", error: errorToWire(error) }, signal);
      }
      await framed.close();
    },
    options,
  );
  const feed =
    (items: () => readonly unknown[], read: FeedRequestSchema, bounds: { readonly window?: number } = {}) =>
    async (stream: Stream, connection: Connection): Promise<void> => {
      const framed = new FramedStream(stream);
      const { auth, query } = await framed.require(read, signal);
      answers.asked(query);
      const batches = source(revocations, { auth, connection, items });
      await sendFeed(framed, { batches, ...bounds }, signal).catch(() => undefined);
    };
  await node.handle(protocols.connect, async (stream, connection) => {
    const framed = new FramedStream(stream);
    const { signed } = await framed.require(connectRequestSchema, signal);
    await revocations.authorize({ signed }, connection);
    await framed.write({ type: "ready" }, signal);
    const raw = framed.release();
    const kind = answers.connection();
    raw.addEventListener("message", ({ data }) => {
      answers.hear(data.subarray());
      if (kind === "echo") raw.send(data);
      if (kind === "cut") raw.abort(new ProtocolError("STREAM_CLOSED", "The container is gone."));
    });
    raw.addEventListener("remoteCloseWrite", () => void raw.close());
    raw.send(new TextEncoder().encode(answers.greeting));
    if (kind === "end") await raw.close();
  });
  const gate: Pick<ControlGate, "authorize"> = {
    authorize: async ({ auth, remotePeer }) => {
      await revocations.authorize(auth, { remotePeer });
      return { leaseHash: auth.signed.grant.leaseHash, signal };
    },
  };
  const context = { limits: new PeerLimits(systemClock), log: silentLog, gatewayPeer: "", signal };
  const programs: Programs = { exec: (_lease, command) => Promise.resolve(fakeExec(command)) };
  await serveExec(node, { gate, programs }, context);
  await serveRevoke(node, { revoking: revocations.desk }, context);
  const tar = localTar(files);
  const copies = new CopyDesk({ exec: (_lease, command) => Promise.resolve(tar(command)) });
  await serveCopy(node, { gate, copies }, context);
  await node.handle(
    protocols.events,
    feed(() => answers.events, eventsRequestSchema),
    options,
  );
  await node.handle(
    protocols.stats,
    feed(() => answers.stats, statsRequestSchema, { window: STATS_WINDOW_FRAMES }),
    options,
  );
  await node.handle(
    protocols.logs,
    feed(() => answers.logs, logsRequestSchema),
    options,
  );
}

type FeedRequestSchema = typeof logsRequestSchema | typeof eventsRequestSchema | typeof statsRequestSchema;

async function* source(
  revocations: Revocations,
  input: { auth: ControlAuth; connection: Connection; items: () => readonly unknown[] },
): AsyncGenerator<readonly unknown[]> {
  await revocations.authorize(input.auth, input.connection);
  yield input.items();
}

/** Which grants the node still takes; revoking is the agent's own code. */
class Revocations {
  readonly desk: RevocationDesk;
  readonly #answers: NodeAnswers;
  readonly #leases = new Map<Hex, StoredLease>();

  constructor(answers: NodeAnswers, key: Hex) {
    this.#answers = answers;
    const { domain, nodeId } = answers;
    const signer = new OperatorSigner(key, { chainId: domain.chainId, market: domain.verifyingContract });
    const store = {
      find: (leaseHash: Hex) => this.#leaseOf(leaseHash),
      change: async (leaseHash: Hex, update: (lease: StoredLease) => StoredLease) => {
        this.#leases.set(leaseHash, update(this.#leaseOf(leaseHash)));
        return await Promise.resolve(this.#leases.get(leaseHash));
      },
    };
    const live = new LiveGrants(systemClock);
    this.desk = new RevocationDesk({ store, signer, clock: systemClock, live }, { nodeId, domain });
  }

  async authorize(auth: ControlAuth, connection: Parameters<typeof authorize>[2]): Promise<void> {
    await authorize(this.#answers, auth, connection);
    const { grant } = auth.signed;
    if (revokedUpTo(this.#leaseOf(grant.leaseHash).revoked, grant) !== undefined)
      throw new ProtocolError("GRANT_REVOKED", "The tenant revoked this session grant.");
  }

  #leaseOf(leaseHash: Hex): StoredLease {
    return this.#leases.get(leaseHash) ?? storedLease({ leaseHash, tenant: this.#answers.tenant });
  }
}

async function authorize(
  { domain, tenant }: NodeAnswers,
  auth: ControlAuth,
  connection: { readonly remotePeer: { toString: () => string } },
): Promise<void> {
  const { grant } = auth.signed;
  if (!isAddressEqual(await recoverGrantSigner(domain, auth.signed), tenant))
    throw new ProtocolError("GRANT_INVALID", "The grant is not the tenant's.");
  const peer = addressOfPeerId(connection.remotePeer.toString());
  if (!isAddressEqual(peer, addressOfPublicKey(grant.sessionKey)))
    throw new ProtocolError("SESSION_NOT_PROVEN", "The caller is not the session key.");
}
