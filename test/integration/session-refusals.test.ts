import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { errorFromWire, ProtocolError } from "@fizz/protocol/errors";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type ControlAuth, protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import {
  MAX_GRANT_SECONDS,
  proofTypedData,
  recoverRevocationReceiptSigner,
  revocationDigest,
  type SessionGrant,
  type SignedGrant,
} from "@fizz/protocol/typed-data";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { nodeCalls } from "../../relayer/src/p2p/node-calls.ts";
import { hashOf, leaseRecord, storedLease } from "../node-agent/support/builders.ts";
import { NODE } from "../node-agent/support/fake-chain.ts";
import { testKey } from "../relayer/support/builders.ts";
import { anyAnswer, startPeer } from "../relayer/support/gateway-fixture.ts";
import { codeOf } from "../support/code-of.ts";
import {
  DOMAIN,
  LEASE,
  NODE_KEY,
  SESSION_KEY,
  type SessionNode,
  type SessionWorld,
  sessionWorld,
} from "../support/session-world.ts";
import { until } from "../support/until.ts";

const OTHERS_LEASE = hashOf("lease of another wallet");
const HOUR_MS = 3_600_000;
const STRANGER_KEY = testKey(0x33);

type Name = "status" | "logs" | "events" | "exec" | "connect" | "direct";
type Question = (auth: ControlAuth) => unknown;

const observed = {
  observed: { peer: privateKeyToAccount(SESSION_KEY).address, host: "127.0.0.1", port: 1, at: 1 },
  signature: `0x${"11".repeat(65)}`,
};
/** First frame of each protocol of a session. */
const questions: Readonly<Record<Name, Question>> = {
  status: (auth) => ({ auth }),
  logs: (auth) => ({ auth, query: { follow: true } }),
  events: (auth) => ({ auth, query: { follow: true } }),
  exec: (auth) => ({ ...auth, exec: { service: "web", replica: 0, command: ["/bin/cat"], terminal: null } }),
  connect: (auth) => ({ ...auth, target: { service: "web", replica: 0, port: 8080 } }),
  direct: (auth) => ({ ...auth, observed }),
};
const names = Object.keys(questions) as Name[];
/** What may be asked through the gateway's API, with a signed challenge in the place of the handshake. */
const forwarded = ["status", "logs", "events"] as const satisfies readonly Name[];
/** What runs until it is ended. */
const lasting = ["logs", "events", "exec", "connect"] as const satisfies readonly Name[];

/** Each refusal by the first word of a session. */
const refusals: readonly (readonly [string, Partial<SessionGrant>, string])[] = [
  ["of another node", { nodeId: 8n }, "GRANT_INVALID"],
  ["of a lease that the node does not have", { leaseHash: hashOf("nowhere") }, "LEASE_NOT_FOUND"],
  ["of another wallet's lease", { leaseHash: OTHERS_LEASE }, "LEASE_NOT_YOURS"],
  ["of another wallet", { tenant: `0x${"12".repeat(20)}` }, "LEASE_NOT_YOURS"],
  ["without the scope", { scopes: "update" }, "GRANT_SCOPE"],
  ["that has expired", { expiresAt: 1 }, "GRANT_EXPIRED"],
  [
    "that lasts too long",
    { expiresAt: Math.floor(Date.now() / 1_000) + 2 * MAX_GRANT_SECONDS },
    "GRANT_INVALID",
  ],
  ["of another session key", { sessionKey: `0x02${"ab".repeat(32)}` }, "SESSION_NOT_PROVEN"],
];

describe("what a node refuses to a session", function () {
  this.timeout(60_000);
  let world: SessionWorld;
  let node: SessionNode;
  let tenant: { readonly host: Libp2p; readonly connection: Connection };

  beforeEach(async () => {
    world = await sessionWorld((socket) => socket.on("error", () => undefined));
    await world.agent.store.save(storedLease({ leaseHash: OTHERS_LEASE }));
    node = await world.startNode();
    tenant = await dial(SESSION_KEY);
  });
  afterEach(async () => {
    await tenant.host.stop();
    await world.stop();
  });

  it("is refused by every protocol with the same code", async () => {
    for (const [what, changes, code] of refusals) {
      const signed = await world.grant(changes);
      expect(await codes(signed), `a grant ${what}`).to.deep.equal(every(code));
    }
  });

  it("is refused when somebody else has signed it, or it was changed since", async () => {
    expect(await codes(await world.grant({}, STRANGER_KEY))).to.deep.equal(every("GRANT_INVALID"));
    const { grant, signature } = await world.grant({ scopes: "status" });
    const widened = { grant: { ...grant, scopes: "status logs events exec connect" }, signature };
    expect(await codes(widened)).to.deep.equal(every("GRANT_INVALID"));
  });

  it("is refused to who has copied it", async () => {
    const stranger = await dial(STRANGER_KEY);
    expect(await codes(await world.grant(), stranger.connection)).to.deep.equal(every("SESSION_NOT_PROVEN"));
    await stranger.host.stop();
  });

  it("is refused once it is revoked", async () => {
    const signed = await world.grant();
    await revoke();
    expect(await codes(signed)).to.deep.equal(every("GRANT_REVOKED"));
  });

  it("is revoked by whoever carries the tenant's word, the gateway too", async () => {
    const signed = await world.grant();
    const { links } = world.gateway;
    const revocation = await world.revocation();
    const { receipt } = await nodeCalls(links).revoke(NODE.nodeId, revocation, AbortSignal.timeout(30_000));
    expect(receipt.receipt.revocation).to.equal(revocationDigest(DOMAIN, revocation.revocation));
    expect(await recoverRevocationReceiptSigner(DOMAIN, receipt)).to.equal(
      privateKeyToAccount(NODE_KEY).address,
    );
    expect(await codes(signed)).to.deep.equal(every("GRANT_REVOKED"));
    const forged = nodeCalls(links).revoke(
      NODE.nodeId,
      await world.revocation({}, STRANGER_KEY),
      AbortSignal.timeout(30_000),
    );
    expect(await codeOf(forged)).to.equal("REVOCATION_INVALID");
  });

  it("is refused once the lease is closed at depth; its events are told to the last", async () => {
    const signed = await world.grant();
    await close();
    const { events, ...others } = await codes(signed);
    expect([...new Set(Object.values(others))]).to.deep.equal(["LEASE_WRONG_STATE"]);
    expect(events, "events of a lease that is over are kept").to.equal("items");
  });

  it("takes a signed challenge once, of its lease and its time, by the session key, and only for looking", async () => {
    for (const name of forwarded) {
      const auth = await proven();
      expect(await forward(name, auth), name).to.be.oneOf(["status", "items", "heartbeat"]);
      expect(await forward(name, auth), `${name}: replayed`).to.equal("SESSION_NOT_PROVEN");
      expect(await forward(name, { signed: auth.signed }), `${name}: no proof`).to.equal(
        "SESSION_NOT_PROVEN",
      );
      expect(await forward(name, await proven({ key: STRANGER_KEY })), name).to.equal("SESSION_NOT_PROVEN");
      expect(await forward(name, await proven({ of: OTHERS_LEASE })), name).to.equal("SESSION_NOT_PROVEN");
      const old = await proven();
      world.clock.move(61_000);
      expect(await forward(name, old), `${name}: too old`).to.equal("SESSION_NOT_PROVEN");
    }
    // A gateway could stand in the middle there.
    for (const name of ["exec", "connect", "direct"] as const)
      expect(await forward(name, await proven()), name).to.equal("INPUT_INVALID");
  });

  const ends: readonly (readonly [string, () => Promise<void>, string])[] = [
    ["expires", () => expire(), "GRANT_EXPIRED"],
    ["is revoked", () => revoke(), "GRANT_REVOKED"],
    [
      "is revoked by its key",
      () => revoke({ sessionKey: publicKeyOfPrivateKey(SESSION_KEY) }),
      "GRANT_REVOKED",
    ],
    ["loses its lease", () => close(), "LEASE_WRONG_STATE"],
  ];
  for (const [what, end, code] of ends)
    it(`ends at once what runs under a grant that ${what}`, async () => {
      const signed = await world.grant();
      const running = await Promise.all(lasting.map((name) => start(name, signed)));
      await end();
      const last: Record<string, string> = {};
      for (const { name, ended } of running) last[name] = await ended;
      const events = code === "LEASE_WRONG_STATE" ? "end" : code;
      // A private connection carries nothing but bytes: it is reset.
      expect(last).to.deep.equal({ logs: code, events, exec: code, connect: "reset" });
    });

  it("ends nothing of a lease that is closed at the head alone, and nothing of another key", async () => {
    const signed = await world.grant();
    const running = await Promise.all(lasting.map((name) => start(name, signed)));
    const { chain, wakeup } = world.agent;
    chain.settle();
    chain.put({ ...leaseRecord(), ...chain.at(1n), state: "closed" });
    wakeup.now();
    await revoke({ sessionKey: publicKeyOfPrivateKey(STRANGER_KEY) });
    await world.agent.engine.observe();
    const over = Promise.race(running.map(({ ended }) => ended));
    const pause = new Promise((resolve) => setTimeout(resolve, 500, "still there"));
    expect(await Promise.race([over, pause])).to.equal("still there");
  });

  function every(code: string): Record<Name, string> {
    return Object.fromEntries(names.map((name) => [name, code])) as Record<Name, string>;
  }

  async function dial(key: Hex): Promise<{ host: Libp2p; connection: Connection }> {
    const host = await startPeer(key);
    const relayed = `${world.address}/p2p-circuit/p2p/${node.peerId}`;
    return { host, connection: await host.dial(multiaddr(relayed)) };
  }

  /** What each protocol answers: a code, or the type of its first frame. */
  async function codes(signed: SignedGrant, over = tenant.connection): Promise<Record<Name, string>> {
    const answers = await Promise.all(
      names.map(async (name) => {
        const stream = await over.newStream(protocols[name], { runOnLimitedConnection: true });
        return [name, await onlyWord(stream, questions[name]({ signed }))];
      }),
    );
    return Object.fromEntries(answers) as Record<Name, string>;
  }

  async function forward(name: Name, auth: ControlAuth): Promise<string> {
    const stream = await world.gateway.links.openStream(
      NODE.nodeId,
      protocols[name],
      AbortSignal.timeout(30_000),
    );
    return await onlyWord(stream, questions[name](auth));
  }

  async function proven({
    key = SESSION_KEY,
    of = LEASE,
  }: { key?: Hex; of?: Hex } = {}): Promise<ControlAuth> {
    const { links } = world.gateway;
    const stream = await links.openStream(NODE.nodeId, protocols.challenge, AbortSignal.timeout(30_000));
    const framed = new FramedStream(stream);
    await framed.write({ leaseHash: of }, AbortSignal.timeout(30_000));
    const { nonce } = (await framed.require(anyAnswer, AbortSignal.timeout(30_000))) as unknown as {
      nonce: Hex;
    };
    const message = proofTypedData(DOMAIN, { nodeId: NODE.nodeId, leaseHash: LEASE, nonce });
    const signature = await privateKeyToAccount(key).signTypedData(message);
    return { signed: await world.grant(), proof: { nonce, signature } };
  }

  /** Something that runs, and how it ends: by a code, its last frame, or a reset. */
  async function start(name: (typeof lasting)[number], signed: SignedGrant) {
    const stream = await tenant.connection.newStream(protocols[name], { runOnLimitedConnection: true });
    const framed = new FramedStream(stream);
    const word = await firstWord(framed, questions[name]({ signed }), name !== "connect" && name !== "exec");
    expect(word, name).to.be.oneOf(["items", "heartbeat", "ready", "asked"]);
    return { name, ended: name === "connect" ? reset(framed) : lastWord(framed) };
  }

  async function revoke(changes: Parameters<SessionWorld["revocation"]>[0] = {}): Promise<void> {
    const stream = await tenant.connection.newStream(protocols.revoke, { runOnLimitedConnection: true });
    const framed = new FramedStream(stream);
    expect(await firstWord(framed, { signed: await world.revocation(changes) })).to.equal("revoked");
  }

  async function expire(): Promise<void> {
    world.clock.move(2 * HOUR_MS);
    await Promise.resolve();
  }

  async function close(): Promise<void> {
    const { chain, wakeup, store } = world.agent;
    chain.put({ ...leaseRecord(), ...chain.at(1n), state: "closed" });
    chain.settle();
    wakeup.now();
    await until(() => Promise.resolve(store.find(LEASE)?.removedAt !== null), "the lease is over", 10_000);
  }
});

async function onlyWord(stream: Stream, question: unknown): Promise<string> {
  const framed = new FramedStream(stream);
  const word = await firstWord(framed, question);
  framed.abort(new ProtocolError("STREAM_CLOSED", "One word is enough."));
  return word;
}

/** @param mayBeSilent A feed without items says nothing at first. */
async function firstWord(framed: FramedStream, question: unknown, mayBeSilent = false): Promise<string> {
  await framed.write(question, AbortSignal.timeout(30_000));
  if (mayBeSilent) return "asked";
  return wordOf(await framed.require(anyAnswer, AbortSignal.timeout(10_000)));
}

function wordOf(answer: { type?: unknown; error?: unknown }): string {
  if (answer.error === undefined) return String(answer.type);
  return errorFromWire(answer.error as Parameters<typeof errorFromWire>[0]).code;
}

async function lastWord(framed: FramedStream): Promise<string> {
  let word = "cut";
  for (;;) {
    const frame = await framed.readBytes(AbortSignal.timeout(20_000)).catch(() => undefined);
    if (frame === undefined) return word;
    const text = Buffer.from(frame).toString();
    const json = text.slice(text.indexOf("{"));
    if (json.startsWith("{")) word = wordOf(JSON.parse(json) as { type?: unknown; error?: unknown });
  }
}

async function reset(framed: FramedStream): Promise<string> {
  const stream = framed.release();
  return await new Promise((resolve) => {
    stream.addEventListener("close", ({ error }) => {
      resolve(error === undefined ? "end" : "reset");
    });
  });
}
