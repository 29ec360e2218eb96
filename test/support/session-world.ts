/** A node with all protocols of a tenant's session, the agent's own code, behind a real gateway. */
import { createServer, type Server, type Socket } from "node:net";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import {
  ALL_SESSION_KEYS,
  fizzDomain,
  grantTypedData,
  revocationTypedData,
  revokedUntilNow,
  type SessionGrant,
  type SessionRevocation,
  type SignedGrant,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import { privateKeyToAccount, privateKeyToAddress } from "viem/accounts";
import { NodeSession } from "../../cli/src/session/node-session.ts";
import { OperatorSigner } from "../../node-agent/src/chain/operator-signer.ts";
import { CopyDesk } from "../../node-agent/src/leases/copy-desk.ts";
import { DeploymentDesk } from "../../node-agent/src/leases/deployment-desk.ts";
import { HeldManifests } from "../../node-agent/src/leases/held-manifests.ts";
import { LiveGrants } from "../../node-agent/src/leases/live-grants.ts";
import { ProgramDesk } from "../../node-agent/src/leases/program-desk.ts";
import { RevocationDesk } from "../../node-agent/src/leases/revocation-desk.ts";
import { SessionGate } from "../../node-agent/src/leases/session-gate.ts";
import { StatsDesk } from "../../node-agent/src/leases/stats-desk.ts";
import { Traffic } from "../../node-agent/src/leases/traffic.ts";
import { serveConnect } from "../../node-agent/src/p2p/connect-protocol.ts";
import { serveCopy } from "../../node-agent/src/p2p/copy-protocol.ts";
import { serveControl } from "../../node-agent/src/p2p/control-protocols.ts";
import { serveDirect } from "../../node-agent/src/p2p/direct-protocol.ts";
import { serveExec } from "../../node-agent/src/p2p/exec-protocol.ts";
import { GatewaySession } from "../../node-agent/src/p2p/gateway-session.ts";
import { type NodeHost } from "../../node-agent/src/p2p/host.ts";
import { serveRevoke } from "../../node-agent/src/p2p/revoke-protocol.ts";
import { type Journal } from "../../node-agent/src/ports.ts";
import { systemClock } from "../../node-agent/src/system-clock.ts";
import { type AgentWorld, agentWorld } from "../node-agent/support/agent-world.ts";
import { hashOf } from "../node-agent/support/builders.ts";
import { NODE } from "../node-agent/support/fake-chain.ts";
import { idlePulsing } from "../node-agent/support/memory-pulses.ts";
import { silentLog } from "../node-agent/support/silent-log.ts";
import { MARKET, nodeFacts, offer, SLASHER, testKey } from "../relayer/support/builders.ts";
import {
  gatewayAddress,
  type GatewayFixture,
  startGatewayFixture,
} from "../relayer/support/gateway-fixture.ts";
import { until } from "./until.ts";

const CHAIN_ID = 31_337;
export const NODE_KEY = testKey(0x11);
const TENANT_KEY = testKey(0x77);
export const SESSION_KEY = testKey(0x22);
export const LEASE = hashOf("lease");
export const DOMAIN = fizzDomain(CHAIN_ID, MARKET);
const SCOPES = "status logs events exec connect update";
const GRACE_MS = 60_000;

/** A clock of the node that can be put forward. */
export class ShiftedClock {
  #ahead = 0;
  now(): number {
    return Date.now() + this.#ahead;
  }
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await systemClock.sleep(ms, signal);
  }
  move(ms: number): void {
    this.#ahead += ms;
  }
}

export interface SessionNode {
  readonly peerId: string;
  readonly host: NodeHost;
  stop(): Promise<void>;
}

export interface SessionWorldInit {
  /** The journal of the lease's events, when it is not that of the agent. */
  readonly journal?: () => Journal;
  readonly idleMs?: number;
  readonly listen?: readonly string[];
}

/** A lease that runs, its node, and the gateway between it and its tenant. */
export class SessionWorld {
  readonly agent: AgentWorld;
  gateway: GatewayFixture;
  readonly clock: ShiftedClock;
  readonly live: LiveGrants;
  readonly #init: SessionWorldInit;
  readonly #origin: Server;
  readonly #opened = new Set<{ stop(): Promise<void> }>();

  constructor(
    parts: Pick<SessionWorld, "agent" | "gateway" | "clock" | "live"> & { readonly origin: Server },
    init: SessionWorldInit,
  ) {
    ({ agent: this.agent, gateway: this.gateway, clock: this.clock, live: this.live } = parts);
    this.#origin = parts.origin;
    this.#init = init;
  }

  get address(): string {
    return gatewayAddress(this.gateway.host, "tcp");
  }

  /** A process of the node: what it keeps stays in the world. */
  async startNode(address = this.address): Promise<SessionNode> {
    const { agent, clock, live } = this;
    const { chain, engine, store } = agent;
    const { idleMs } = this.#init;
    const journal = this.#init.journal?.() ?? agent.journal;
    const init = { nodeId: NODE.nodeId, domain: DOMAIN };
    const gate = new SessionGate({ store, clock, live }, init);
    const signer = new OperatorSigner(NODE_KEY, { chainId: CHAIN_ID, market: MARKET });
    const revoking = new RevocationDesk({ store, signer, clock, live }, init);
    let containers = await engine.observe();
    const refresh = (): void => {
      void engine.observe().then(
        (seen) => (containers = seen),
        () => undefined,
      );
    };
    engine.machine.listeners.add(refresh);
    const seen = { containers: () => containers };
    const views = new DeploymentDesk({
      chain,
      engine,
      store,
      journal,
      clock,
      manifests: new HeldManifests(),
      traffic: new Traffic({ clock, onIdle: () => undefined }),
      health: { stateOf: () => undefined },
      ...seen,
    });
    const programs = new ProgramDesk({ engine, store, ...seen });
    const privateTargets = { locatePrivate: () => Promise.resolve({ host: "127.0.0.1", port: this.#port }) };
    const idle = idleMs === undefined ? {} : { execIdleMs: idleMs, connectIdleMs: idleMs };
    const placesOf = views.placesOf.bind(views);
    const usage = new StatsDesk({ engine, store, clock, ...seen, placesOf });
    const copies = new CopyDesk(programs);
    const services = { gate, revoking, usage, views, programs, copies, privateTargets, ...idle };
    const gatewayPeer = address.split("/p2p/")[1] ?? "";
    let host: NodeHost | undefined;
    const session = new GatewaySession(
      {
        clock: systemClock,
        log: silentLog,
        offer: () => Promise.resolve(offer()),
        pulsing: idlePulsing({ key: NODE_KEY, nodeId: NODE.nodeId, slasher: SLASHER }),
        serve: async (created, signal) => {
          host = created;
          const limits = { enter: () => () => undefined };
          const context = { log: silentLog, gatewayPeer, signal, limits };
          await serveControl(created, services, context);
          await serveRevoke(created, services, context);
          await serveExec(created, services, context);
          await serveConnect(created, services, context);
          await serveCopy(created, services, context);
          const direct = { rule: "private", domain: DOMAIN } as const;
          await serveDirect({ host: created, dialer: created.services.direct }, { gate, direct }, context);
        },
      },
      {
        privateKey: NODE_KEY,
        gatewayPeer,
        subnetId: 1,
        multiaddrs: [address],
        hello: { agentVersion: "0.1.0", chainId: CHAIN_ID, market: MARKET, nodeId: NODE.nodeId },
      },
    );
    const { run } = await session.open();
    const running = run().catch(() => undefined);
    if (host === undefined) throw new Error("the node did not start");
    const node = {
      peerId: host.peerId.toString(),
      host,
      stop: async (): Promise<void> => {
        this.#opened.delete(node);
        engine.machine.listeners.delete(refresh);
        await session.close();
        await running;
      },
    };
    this.#opened.add(node);
    return node;
  }

  /** Another process of the gateway, at the same address. */
  async restartGateway(): Promise<void> {
    const listen = [this.address.split("/p2p/")[0] ?? ""];
    await this.gateway.stop();
    this.gateway = await startGateway(listen);
  }

  /** The CLI's own session with the node. */
  openSession(peerId: string, signed: SignedGrant, address = this.address): NodeSession {
    const session = { privateKey: SESSION_KEY, signed };
    const opened = new NodeSession({ gatewayAddresses: [address], peerId, session });
    this.#opened.add(opened);
    return opened;
  }

  async grant(changes: Partial<SessionGrant> = {}, wallet = TENANT_KEY): Promise<SignedGrant> {
    const grant: SessionGrant = {
      tenant: privateKeyToAddress(TENANT_KEY),
      nodeId: NODE.nodeId,
      leaseHash: LEASE,
      sessionKey: publicKeyOfPrivateKey(SESSION_KEY),
      scopes: SCOPES,
      expiresAt: Math.floor(this.clock.now() / 1_000) + 3_600,
      ...changes,
    };
    return {
      grant,
      signature: await privateKeyToAccount(wallet).signTypedData(grantTypedData(DOMAIN, grant)),
    };
  }

  /** Of all that was granted until now, when nothing is changed. */
  async revocation(changes: Partial<SessionRevocation> = {}, wallet = TENANT_KEY): Promise<SignedRevocation> {
    const revocation: SessionRevocation = {
      tenant: privateKeyToAddress(TENANT_KEY),
      nodeId: NODE.nodeId,
      leaseHash: LEASE,
      sessionKey: ALL_SESSION_KEYS,
      upTo: revokedUntilNow(Math.floor(this.clock.now() / 1_000)),
      ...changes,
    };
    const signature = await privateKeyToAccount(wallet).signTypedData(
      revocationTypedData(DOMAIN, revocation),
    );
    return { revocation, signature };
  }

  async stop(): Promise<void> {
    for (const one of [...this.#opened].reverse()) await one.stop();
    this.#origin.close();
    await this.agent.stopAll();
    await this.gateway.stop();
  }

  get #port(): number {
    const address = this.#origin.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }
}

/** @param serve What the container does with a private connection. */
export async function sessionWorld(
  serve: (socket: Socket) => void,
  init: SessionWorldInit = {},
): Promise<SessionWorld> {
  const clock = new ShiftedClock();
  const live = new LiveGrants(clock, 20);
  const agent = await agentWorld({}, GRACE_MS, live);
  await agent.store.change(LEASE, (lease) => ({ ...lease, tenant: privateKeyToAddress(TENANT_KEY) }));
  await agent.run();
  await until(
    async () => (await agent.engine.observe())[0]?.state === "running",
    "the container runs",
    10_000,
  );
  const gateway = await startGateway(init.listen);
  const origin = createServer((socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  return new SessionWorld({ agent, gateway, clock, live, origin }, init);
}

/** A gateway that knows the node. */
export async function startGateway(listen?: readonly string[]): Promise<GatewayFixture> {
  const gateway = await startGatewayFixture(listen === undefined ? {} : { listen });
  gateway.chain.addNode(nodeFacts({ nodeId: NODE.nodeId, operator: privateKeyToAddress(NODE_KEY) }));
  return gateway;
}
