import { ProtocolError } from "@fizz/protocol/errors";
import { type SignedPulse } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { zeroHash } from "viem";
import { GONE_AFTER_MS, SIGN_WITHIN_MS } from "../../../relayer/src/domain/sharing-rules.ts";
import { type GatewayIdentity, type NodeGreeting, type NodeView } from "../../../relayer/src/ports.ts";
import { SharedNodes } from "../../../relayer/src/services/shared-nodes.ts";
import { SqlRegistry } from "../../../relayer/src/store/sql-registry.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { codeOf } from "../../support/code-of.ts";
import { eventually, memoryLogger, nodeFacts, nodeView } from "../support/builders.ts";
import { temporaryEngine } from "../support/temporary-engine.ts";

const GREETING = { nodeId: 1n } as NodeGreeting;
const SENDER = { nodeId: 1n, publicKey: zeroHash, gateway: {} as GatewayIdentity };

describe("SharedNodes", function () {
  this.timeout(60_000);
  let store: SqlStore;
  const running: SharedNodes[] = [];
  before(async () => {
    store = new SqlStore(temporaryEngine());
    await store.start();
  });
  afterEach(async () => {
    for (const shared of running.splice(0)) await shared.stop();
    await store.run((database) => database.execute("DELETE FROM node_owners"));
  });
  after(() => store.stop());

  it("list the nodes of others, and tell who has one", async () => {
    const [one, other] = [await start("one"), await start("other")];
    await one.gate.admit(GREETING);
    one.gate.online(1n);
    await eventually(async () => {
      await other.shared.look();
      return other.views.get(1n)?.online === true;
    });
    expect(other.shared.processOf(1n)?.id).to.equal("one");
    expect(one.shared.processOf(1n)).to.equal(undefined);
    one.gate.offline(1n);
    await eventually(async () => {
      await other.shared.look();
      return other.views.get(1n)?.online === false;
    });
    expect(
      other.shared
        .processes()
        .map(({ id }) => id)
        .sort(),
    ).to.deep.equal(["one", "other"]);
  });

  it("give a node up that came to another process, and only then", async () => {
    const [one, other] = [await start("one"), await start("other")];
    await one.gate.admit(GREETING);
    await one.shared.look();
    expect(one.dropped).to.deep.equal([]);
    await other.gate.admit(GREETING);
    other.gate.online(1n);
    await one.shared.look();
    expect(one.dropped).to.deep.equal([1n]);
    one.gate.offline(1n);
    await eventually(async () => {
      await one.shared.look();
      return one.views.get(1n)?.online === true;
    });
    expect(one.shared.processOf(1n)?.id).to.equal("other");
  });

  it("count nodes of a process that is gone as away", async () => {
    const [one, other] = [await start("one"), await start("other")];
    await one.gate.admit(GREETING);
    one.gate.online(1n);
    await eventually(async () => {
      await other.shared.look();
      return other.views.get(1n)?.online === true;
    });
    await one.shared.stop();
    await store.run((database) =>
      database.execute(`
      INSERT INTO processes (id, address, version, beat_at)
      VALUES ('one', 'x', '1', clock_timestamp() - interval '${GONE_AFTER_MS + 1_000} milliseconds')`),
    );
    await other.shared.look();
    expect(other.views.get(1n)?.online).to.equal(false);
    expect(other.shared.processes().map(({ id }) => id)).to.deep.equal(["other"]);
  });

  it("keep what is known while the database is away, and take no node of another", async () => {
    const [one, other] = [await start("one"), await start("other")];
    await one.gate.admit(GREETING);
    one.gate.online(1n);
    await eventually(async () => {
      await other.shared.look();
      return other.views.get(1n)?.online === true;
    });
    one.away.now = other.away.now = true;
    await Promise.all([one.shared.look(), other.shared.look()]);
    await one.gate.admit(GREETING);
    expect(await codeOf(other.gate.admit(GREETING))).to.equal("STORE_FAILED");
    expect(other.views.get(1n)?.online).to.equal(true);
    expect(one.dropped).to.deep.equal([]);
  });

  it("sign no pulse that another process may contradict", async () => {
    const one = await start("one");
    expect(signs(one, 1_000)).to.equal("PULSE_OUT_OF_TIME");
    one.clock.ms = 1_000_000;
    await one.gate.admit(GREETING);
    const last = 1_000 + 5 + 15 + 10;
    expect(signs(one, last)).to.equal("PULSE_OUT_OF_TIME");
    expect(signs(one, last + 1)).to.equal("signed");

    // Who comes again without having been elsewhere may go on at once.
    one.clock.ms += 60_000;
    await one.gate.admit(GREETING);
    expect(signs(one, last + 1)).to.equal("signed");

    one.steady.ms += SIGN_WITHIN_MS + 1;
    expect(signs(one, last + 100)).to.equal("PULSE_OUT_OF_TIME");
    await one.shared.look();
    expect(signs(one, last + 100)).to.equal("signed");

    const other = await start("other");
    await other.gate.admit(GREETING);
    await one.shared.look();
    expect(signs(one, last + 200)).to.equal("PULSE_OUT_OF_TIME");
    await one.gate.admit(GREETING);
    expect(signs(one, last + 1)).to.equal("PULSE_OUT_OF_TIME");
  });

  async function start(id: string) {
    const views = new Map<bigint, NodeView>();
    const dropped: bigint[] = [];
    const [clock, steady, away] = [{ ms: 0 }, { ms: 0 }, { now: false }];
    const registry = new SqlRegistry(store);
    const failing = new Proxy(registry, {
      get: (target, key) => {
        if (away.now) return () => Promise.reject(new ProtocolError("STORE_FAILED", "away"));
        const method: unknown = Reflect.get(target, key);
        return typeof method === "function" ? (method.bind(target) as unknown) : method;
      },
    });
    const nodes = {
      find: (nodeId: bigint) => views.get(nodeId),
      mirror: (view: NodeView) => void views.set(view.facts.nodeId, view),
    };
    const drop = (nodeId: bigint): void => void dropped.push(nodeId);
    const shared = new SharedNodes(
      {
        registry: failing,
        nodes,
        drop,
        clock: () => clock.ms,
        now: () => (steady.ms += 1),
        logger: memoryLogger(),
      },
      { id, address: "/ip4/127.0.0.1/tcp/1", multiaddrs: [`/dns/${id}`], version: "1" },
    );
    const set = (nodeId: bigint, change: Partial<NodeView>): void =>
      void views.set(nodeId, {
        ...nodeView({ facts: nodeFacts({ nodeId }) }),
        ...views.get(nodeId),
        ...change,
      });
    const gate = shared.gate({
      admit: ({ nodeId }) => {
        set(nodeId, { online: false });
        return Promise.resolve({} as GatewayIdentity);
      },
      online: (nodeId) => {
        set(nodeId, { online: true });
      },
      update: () => undefined,
      seen: () => undefined,
      offline: (nodeId) => {
        set(nodeId, { online: false });
      },
    });
    const pulses = shared.pulses({ countersign: () => "0x" });
    await shared.start();
    running.push(shared);
    return { shared, gate, pulses, views, dropped, clock, steady, away };
  }

  function pulseAt(at: number): SignedPulse {
    return { pulse: { nodeId: 1n, subnetId: 1, at, leases: 0, leaseRoot: zeroHash }, signature: "0x" };
  }

  function signs({ pulses }: Awaited<ReturnType<typeof start>>, at: number): string {
    try {
      pulses.countersign(SENDER, pulseAt(at));
      return "signed";
    } catch (error) {
      return error instanceof ProtocolError ? error.code : String(error);
    }
  }
});
