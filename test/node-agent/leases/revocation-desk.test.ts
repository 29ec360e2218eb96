import {
  ALL_SESSION_KEYS,
  MAX_GRANT_SECONDS,
  recoverRevocationReceiptSigner,
  revocationDigest,
  revocationTypedData,
  revokedUntilNow,
  type SessionRevocation,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { expect } from "chai";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { MAX_REVOKED_KEYS, NONE_REVOKED } from "../../../node-agent/src/domain/revoked-grants.ts";
import { LiveGrants } from "../../../node-agent/src/leases/live-grants.ts";
import { RevocationDesk } from "../../../node-agent/src/leases/revocation-desk.ts";
import { SqliteLeases } from "../../../node-agent/src/store/sqlite-leases.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { NODE } from "../support/fake-chain.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { StateFolder } from "../support/state.ts";
import { DOMAIN, TestTenant } from "../support/tenant.ts";

const LEASE = hashOf("lease");

describe("RevocationDesk", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  it("signs for what it keeps, and keeps it over a restart", async () => {
    const { desk, signer, sign, reopen, now } = await setup();
    const signed = await sign();
    const { receipt, ended } = await desk.revoke(signed);
    expect(ended).to.equal(0);
    expect(receipt.receipt).to.deep.equal({
      revocation: revocationDigest(DOMAIN, signed.revocation),
      at: now,
    });
    expect(await recoverRevocationReceiptSigner(DOMAIN, receipt)).to.equal(signer.address);
    expect((await reopen()).find(LEASE)?.revoked).to.deep.equal({ upTo: now + MAX_GRANT_SECONDS, keys: [] });
  });

  it("ends what runs, of all keys or of one, and tells how much", async () => {
    const { desk, live, sign, tenant } = await setup();
    const other = new TestTenant();
    const { signed } = await tenant.grant();
    const sessionKey = publicKeyOfPrivateKey(other.sessionPrivateKey);
    const never = new AbortController().signal;
    const own = [live.hold(signed.grant, "logs", never), live.hold(signed.grant, "exec", never)];
    const others = live.hold({ ...signed.grant, sessionKey }, "logs", never);
    expect((await desk.revoke(await sign({ sessionKey: signed.grant.sessionKey }))).ended).to.equal(2);
    expect(own.map(({ reason }) => (reason as { code: string }).code)).to.deep.equal([
      "GRANT_REVOKED",
      "GRANT_REVOKED",
    ]);
    expect(others.aborted).to.equal(false);
    expect((await desk.revoke(await sign())).ended).to.equal(1);
    expect(others.aborted).to.equal(true);
  });

  it("is not fooled by a replay: what was granted since goes on", async () => {
    const { desk, live, sign, tenant, clock, now } = await setup();
    const first = await sign();
    await desk.revoke(first);
    clock.move(1_000);
    const { signed } = await tenant.grant({ expiresAt: now + 1 + MAX_GRANT_SECONDS });
    const held = live.hold(signed.grant, "logs", new AbortController().signal);
    expect((await desk.revoke(first)).ended).to.equal(0);
    expect(held.aborted).to.equal(false);
    clock.move(1_000 * MAX_GRANT_SECONDS);
    // When the last grant that it names is over, it is answered and needs no place.
    await desk.revoke(first);
  });

  it("refuses what is not the tenant's word to this node, and keeps nothing of it", async () => {
    const { desk, store, sign, tenant, now } = await setup();
    const { revocation, signature } = await sign();
    const thief = new TestTenant();
    const upTo = now + 2 * MAX_GRANT_SECONDS;
    for (const [signed, code] of [
      [await sign({}, thief), "REVOCATION_INVALID"],
      [await sign({ tenant: thief.wallet.address }, thief), "LEASE_NOT_YOURS"],
      [await sign({ nodeId: 8n }), "REVOCATION_INVALID"],
      [await sign({ leaseHash: hashOf("nowhere") }), "LEASE_NOT_FOUND"],
      [await sign({ upTo }), "REVOCATION_INVALID"],
      [{ revocation: { ...revocation, upTo: revocation.upTo + 1 }, signature }, "REVOCATION_INVALID"],
    ] as [SignedRevocation, string][])
      expect(await codeOf(desk.revoke(signed))).to.equal(code);
    expect(tenant.wallet.address).not.to.equal(thief.wallet.address);
    expect(store.find(LEASE)?.revoked).to.deep.equal(NONE_REVOKED);
  });

  it(`keeps at most ${MAX_REVOKED_KEYS} keys of a lease one by one`, async () => {
    const { desk, store, sign } = await setup();
    const keys = Array.from({ length: MAX_REVOKED_KEYS + 1 }, (_, index) =>
      index.toString(16).padStart(64, "0"),
    );
    const codes = [];
    for (const key of keys) codes.push(await codeOf(desk.revoke(await sign({ sessionKey: `0x02${key}` }))));
    expect(codes.at(-1)).to.equal("LIMIT_REACHED");
    expect(store.find(LEASE)?.revoked.keys).to.have.length(MAX_REVOKED_KEYS);
    await desk.revoke(await sign());
    expect(store.find(LEASE)?.revoked.keys).to.deep.equal([]);
  });

  async function setup() {
    const folder = await StateFolder.make();
    cleanups.push(() => folder.remove());
    const clock = new ManualClock(Math.floor(Date.now() / 1_000) * 1_000);
    const reopen = async (): Promise<SqliteLeases> => {
      const opened = new SqliteLeases({ database: await folder.reopen(), clock });
      await opened.start();
      return opened;
    };
    const store = await reopen();
    const tenant = new TestTenant();
    await store.save(storedLease({ tenant: tenant.wallet.address }));
    const signer = new OperatorSigner(hashOf("operator"), {
      chainId: DOMAIN.chainId,
      market: DOMAIN.verifyingContract,
    });
    const live = new LiveGrants(clock);
    const desk = new RevocationDesk({ store, signer, clock, live }, { nodeId: NODE.nodeId, domain: DOMAIN });
    const now = clock.now() / 1_000;
    const sign = async (changes: Partial<SessionRevocation> = {}, by = tenant): Promise<SignedRevocation> => {
      const revocation: SessionRevocation = {
        tenant: tenant.wallet.address,
        nodeId: NODE.nodeId,
        leaseHash: LEASE,
        sessionKey: ALL_SESSION_KEYS,
        upTo: revokedUntilNow(now),
        ...changes,
      };
      return {
        revocation,
        signature: await by.wallet.signTypedData(revocationTypedData(DOMAIN, revocation)),
      };
    };
    return { desk, live, store, signer, sign, tenant, clock, reopen, now };
  }
});
