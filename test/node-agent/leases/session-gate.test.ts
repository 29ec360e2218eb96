import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { MAX_GRANT_SECONDS } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { LiveGrants } from "../../../node-agent/src/leases/live-grants.ts";
import { MAX_CHALLENGES, SessionGate } from "../../../node-agent/src/leases/session-gate.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { DOMAIN, TestTenant } from "../support/tenant.ts";

const LEASE = hashOf("lease");
/** Of a caller that only asks once. */
const GONE = AbortSignal.abort();
const STRANGER = peerIdOfPublicKey(publicKeyOfPrivateKey(generatePrivateKey()));

describe("SessionGate", () => {
  it("lets the tenant's session key in, for as long as the grant lasts", async () => {
    const { gate, tenant, peer } = await setup();
    const authority = await gate.authorize(
      { auth: await tenant.grant(), remotePeer: peer, signal: GONE },
      "logs",
    );
    expect(authority.leaseHash).to.equal(LEASE);
    expect(authority.signal.aborted).to.equal(false);
  });

  it("refuses a bearer copy of the grant, presented by another peer", async () => {
    const { tenant, refusal } = await setup();
    expect(await refusal(await tenant.grant(), STRANGER)).to.equal("SESSION_NOT_PROVEN");
    expect(await refusal(await tenant.grant(), "12D3KooWnot-a-secp256k1-key")).to.equal("SESSION_NOT_PROVEN");
  });

  it("refuses a grant of a wallet that is not the lease's tenant", async () => {
    const { refusal, peerOf } = await setup();
    const thief = new TestTenant();
    expect(await refusal(await thief.grant(), peerOf(thief))).to.equal("LEASE_NOT_YOURS");
  });

  it("refuses a grant in the tenant's name that somebody else signed", async () => {
    const { tenant, refusal, peerOf } = await setup();
    const thief = new TestTenant();
    const forged = await thief.grant({ tenant: tenant.wallet.address });
    expect(await refusal(forged, peerOf(thief))).to.equal("GRANT_INVALID");
  });

  it("refuses a grant that was changed after signing", async () => {
    const { tenant, peer, refusal } = await setup();
    const auth = await tenant.grant({ scopes: "status" });
    const widened = { signed: { ...auth.signed, grant: { ...auth.signed.grant, scopes: "status logs" } } };
    expect(await refusal(widened, peer)).to.equal("GRANT_INVALID");
  });

  it("refuses a grant that is too old, or lasts too long", async () => {
    const { tenant, peer, refusal, now } = await setup();
    expect(await refusal(await tenant.grant({ expiresAt: now }), peer)).to.equal("GRANT_EXPIRED");
    const expiresAt = now + MAX_GRANT_SECONDS + 3_600;
    expect(await refusal(await tenant.grant({ expiresAt }), peer)).to.equal("GRANT_INVALID");
  });

  it("refuses a grant for another node, another lease, or another action", async () => {
    const { tenant, peer, refusal } = await setup();
    expect(await refusal(await tenant.grant({ nodeId: 8n }), peer)).to.equal("GRANT_INVALID");
    expect(await refusal(await tenant.grant({ leaseHash: hashOf("other") }), peer)).to.equal(
      "LEASE_NOT_FOUND",
    );
    expect(await refusal(await tenant.grant({ scopes: "status events" }), peer)).to.equal("GRANT_SCOPE");
  });

  it("takes a signed challenge from anybody who forwards it, once", async () => {
    const { gate, tenant, refusal } = await setup();
    const { nonce, nodeId } = gate.challenge(LEASE);
    expect(nodeId).to.equal(NODE.nodeId);
    const auth = { ...(await tenant.grant()), proof: await tenant.proof(nonce) };
    expect((await gate.authorize({ auth, remotePeer: STRANGER, signal: GONE }, "logs")).leaseHash).to.equal(
      LEASE,
    );
    expect(await refusal(auth, STRANGER)).to.equal("SESSION_NOT_PROVEN");
  });

  it("uses a challenge up even when the answer is wrong", async () => {
    const { gate, tenant, refusal } = await setup();
    const { nonce } = gate.challenge(LEASE);
    const thief = new TestTenant();
    const wrong = { ...(await tenant.grant()), proof: await thief.proof(nonce) };
    expect(await refusal(wrong, STRANGER)).to.equal("SESSION_NOT_PROVEN");
    const right = { ...(await tenant.grant()), proof: await tenant.proof(nonce) };
    expect(await refusal(right, STRANGER)).to.equal("SESSION_NOT_PROVEN");
  });

  it("refuses challenges that are too old, for another lease, or made up", async () => {
    const { gate, tenant, refusal, clock } = await setup();
    const { nonce } = gate.challenge(LEASE);
    clock.move(60_001);
    const old = { ...(await tenant.grant()), proof: await tenant.proof(nonce) };
    expect(await refusal(old, STRANGER)).to.equal("SESSION_NOT_PROVEN");
    const other = gate.challenge(hashOf("second lease")).nonce;
    const swapped = { ...(await tenant.grant()), proof: await tenant.proof(other) };
    expect(await refusal(swapped, STRANGER)).to.equal("SESSION_NOT_PROVEN");
    const invented = { ...(await tenant.grant()), proof: await tenant.proof(hashOf("nonce")) };
    expect(await refusal(invented, STRANGER)).to.equal("SESSION_NOT_PROVEN");
  });

  it("gives no challenge for a lease it does not serve", async () => {
    const { gate } = await setup();
    expect(() => gate.challenge(hashOf("nobody"))).to.throw("no manifest of that lease");
  });

  it(`keeps at most ${MAX_CHALLENGES} challenges, the newest`, async () => {
    const { gate, tenant, refusal } = await setup();
    const first = gate.challenge(LEASE).nonce;
    for (let at = 0; at < MAX_CHALLENGES; at += 1) gate.challenge(LEASE);
    const last = gate.challenge(LEASE).nonce;
    const dropped = { ...(await tenant.grant()), proof: await tenant.proof(first) };
    expect(await refusal(dropped, STRANGER)).to.equal("SESSION_NOT_PROVEN");
    const kept = { ...(await tenant.grant()), proof: await tenant.proof(last) };
    expect(await refusal(kept, STRANGER)).to.equal("(no error)");
  });

  async function setup() {
    const tenant = new TestTenant();
    const store = new MemoryStore();
    await store.save(storedLease({ tenant: tenant.wallet.address }));
    await store.save(storedLease({ leaseHash: hashOf("second lease"), tenant: tenant.wallet.address }));
    const clock = new FakeClock(Date.now());
    const gate = new SessionGate(
      { store, clock, live: new LiveGrants(clock) },
      { nodeId: NODE.nodeId, domain: DOMAIN },
    );
    const peerOf = ({ sessionPrivateKey }: TestTenant): string =>
      peerIdOfPublicKey(publicKeyOfPrivateKey(sessionPrivateKey));
    const refusal = async (auth: Parameters<SessionGate["authorize"]>[0]["auth"], remotePeer: string) =>
      await codeOf(gate.authorize({ auth, remotePeer, signal: GONE }, "logs"));
    return {
      gate,
      tenant,
      clock,
      peer: peerOf(tenant),
      peerOf,
      refusal,
      now: Math.floor(clock.now() / 1_000),
    };
  }
});
