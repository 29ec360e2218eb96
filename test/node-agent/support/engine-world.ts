import { randomBytes } from "node:crypto";
import { type LeaseEvent } from "@fizz/protocol/messages";
import { type Order } from "@fizz/protocol/orders";
import { updateRoomOf } from "../../../node-agent/src/app-updates.ts";
import { DockerImages } from "../../../node-agent/src/containers/docker-images.ts";
import { LiveGrants } from "../../../node-agent/src/leases/live-grants.ts";
import { type Engine } from "../../../node-agent/src/ports.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { until } from "../../support/until.ts";
import { type AgentWorld, deliveryTo, startableOn } from "./agent-world.ts";
import { hashOf, leaseRecord, storedLease } from "./builders.ts";
import { FakeChain } from "./fake-chain.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { FakeProber } from "./fake-prober.ts";
import { MemoryJournal, MemoryStore } from "./memory-store.ts";

const WAIT_MS = 120_000;
const FAR = 9_999_999_999;

/** Real containers, of an agent whose chain is in memory. */
export interface EngineWorldInit {
  readonly engine: Engine;
  /** Where its images are. */
  readonly host: string;
  readonly mode: "fizz" | "provider";
  /** Memory that all leases together may take; undefined on a swarm, which reserves by itself. */
  readonly memoryBytes: bigint | undefined;
}

export interface EngineWorld {
  readonly leaseHash: ReturnType<typeof hashOf>;
  readonly chain: FakeChain;
  /** What was told of the lease. */
  events(): readonly LeaseEvent[];
  codes(): readonly string[];
  /** Asks for another version of the lease, and waits until the node has taken or declined it. */
  update(order: Order): Promise<string | undefined>;
  /** The chain now believes what it says, and the agent looks. */
  settle(): void;
  /** Ends the agent, and removes what it has made. */
  stop(): Promise<void>;
}

/** A lease that is active, its first version running. */
export async function engineWorld(init: EngineWorldInit, first: Order): Promise<EngineWorld> {
  const { engine } = init;
  const leaseHash = hashOf(randomBytes(8).toString("hex"));
  const [chain, store, journal] = [new FakeChain(), new MemoryStore(), new MemoryJournal()];
  chain.headTime = Math.floor(Date.now() / 1_000);
  await store.save(storedLease({ leaseHash }));
  const deliver = await deliveryTo(store, leaseHash);
  const taken = await deliver(first, 1);
  chain.put(leaseRecord({ ...taken, leaseHash, state: "open", deadline: FAR, paidUntil: 0 }));
  const agent = startableOn(
    {
      ...{ chain, engine, store, journal, gateway: new FakeGateway(), prober: new FakeProber() },
      live: new LiveGrants(clock),
      images: new DockerImages({ host: init.host }),
    },
    {
      missingGraceMs: 0,
      room: updateRoomOf({ mode: init.mode, updateMemoryBytes: init.memoryBytes }, () => undefined),
    },
  );
  const settle = (): void => {
    chain.settle();
    agent.wakeup.now();
  };
  const stop = async (): Promise<void> => {
    await agent.stop();
    const signal = AbortSignal.timeout(WAIT_MS);
    for (const container of await engine.observe(signal))
      if (container.leaseHash === leaseHash) await engine.remove(container.id, signal);
    await engine.removeLease(leaseHash, signal);
  };
  try {
    await agent.run();
    await answered(chain, /^confirmStart$/);
  } catch (error) {
    await stop();
    throw error;
  }
  settle();
  return {
    ...{ leaseHash, chain, settle, stop },
    events: () => journal.read(leaseHash, 0),
    codes: () => journal.codes(leaseHash),
    update: updateWith({ chain, deliver, wakeup: agent.wakeup }),
  };
}

function updateWith({ chain, deliver, wakeup }: Pick<AgentWorld, "chain" | "deliver" | "wakeup">) {
  return async (order: Order): Promise<string | undefined> => {
    const lease = chain.at(1n);
    if (lease === undefined) throw new Error("the lease is gone");
    const version = lease.version + 1;
    const next = await deliver(order, version);
    chain.put({ ...lease, pending: { version, ...next, expiresAt: FAR } });
    wakeup.now();
    return await answered(chain, /^(confirm|decline)Update/);
  };
}

/** The newest call that was sent, once it is one of these. */
async function answered({ sent }: FakeChain, calls: RegExp): Promise<string | undefined> {
  const from = sent.length;
  const found = (): string | undefined => sent.slice(from).find((call) => calls.test(call));
  await until(() => Promise.resolve(found() !== undefined), `the node sends ${calls.source}`, WAIT_MS);
  return found();
}
