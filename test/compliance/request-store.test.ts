import { expect } from "chai";
import { type Address, type Hex } from "viem";
import {
  type KeptRequest,
  type RelaySlot,
  type RelayTransaction,
  type RequestStore,
} from "../../relayer/src/request-ports.ts";
import { postgresEngine } from "../../relayer/src/store/postgres-engine.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { hash, memoryLogger } from "../relayer/support/builders.ts";
import { MemoryRequestStore } from "../relayer/support/memory-request-store.ts";
import { canFetchPrograms } from "../support/can-fetch-programs.ts";
import { codeOf } from "../support/code-of.ts";
import { startPostgresServer } from "../support/postgres-server.ts";
import { temporaryEngine } from "../relayer/support/temporary-engine.ts";

interface Opened {
  readonly store: RequestStore;
  stop(): Promise<void>;
}

/** Started by the suite that needs it. */
async function onPostgres(): Promise<Opened> {
  const server = await startPostgresServer();
  const folder = await createTempDir("requests");
  const init = { url: await server.database(), directory: folder.path, logger: memoryLogger() };
  const whole = new SqlStore(postgresEngine(init));
  await whole.start();
  const stop = async (): Promise<void> => {
    await whole.stop();
    await server.stop();
    await folder.stop();
  };
  return { store: whole.requests(), stop };
}

const stores: Record<string, () => Promise<Opened>> = {
  MemoryRequestStore: async () =>
    await Promise.resolve({ store: new MemoryRequestStore(), stop: () => Promise.resolve() }),
  "SqlRequestStore on PGlite": async () => {
    const whole = new SqlStore(temporaryEngine());
    await whole.start();
    return { store: whole.requests(), stop: () => whole.stop() };
  },
  ...(canFetchPrograms() ? { "SqlRequestStore on PostgreSQL": onPostgres } : {}),
};

for (const [name, open] of Object.entries(stores))
  describe(`RequestStore: ${name}`, function () {
    this.timeout(120_000);
    let opened: Opened;
    let store: RequestStore;
    before(async () => {
      opened = await open();
      store = opened.store;
    });
    after(async () => {
      await opened.stop();
    });

    it("gives a request back as it was taken, once", async () => {
      const request = kept(1, { gas: 2n ** 63n, receivedAt: 1 });
      await store.addRequest(request);
      expect(await store.findRequest(request.id)).to.deep.equal(request);
      expect(await store.findRequest(hash(0xff))).to.equal(undefined);
      expect(await codeOf(store.addRequest(request))).to.equal("STORE_FAILED");
    });

    it("lists what waits: of a signer by nonce, of all by age; and what is live", async () => {
      const before = await store.countLive();
      const signer = account(2);
      const later = kept(3, { signer, nonce: 10n, receivedAt: 5 });
      const earlier = kept(4, { signer, nonce: 9n, receivedAt: 6 });
      const done = kept(5, { signer, nonce: 8n, receivedAt: 7, state: "final" });
      for (const request of [later, earlier, done]) await store.addRequest(request);
      expect((await store.liveOf(signer)).map(({ id }) => id)).to.deep.equal([earlier.id, later.id]);
      const queued = (await store.queued()).map(({ id }) => id);
      expect(queued.indexOf(later.id)).to.be.below(queued.indexOf(earlier.id));
      expect(queued).not.to.include(done.id);
      expect(await store.countLive()).to.equal(before + 2);
    });

    it("changes what is named and nothing else", async () => {
      const request = kept(6, { receivedAt: 1 });
      await store.addRequest(request);
      await store.changeRequest(request.id, { state: "failed", code: "TX_REVERTED", reason: "no", gas: 0n });
      await store.changeRequest(request.id, { block: 2n ** 40n, txHash: hash(7) });
      const expected = { state: "failed", code: "TX_REVERTED", reason: "no", gas: 0n, txHash: hash(7) };
      expect(await store.findRequest(request.id)).to.deep.equal({
        ...request,
        ...expected,
        block: 2n ** 40n,
      });
      await store.changeRequest(request.id, { block: null });
      expect((await store.findRequest(request.id))?.block).to.equal(null);
    });

    it("lists what is final from a block on, those in the newest blocks first", async () => {
      const ids: Hex[] = [];
      for (const [index, block] of [2n ** 50n, 2n ** 50n + 10n, 2n ** 50n + 9n, 2n ** 50n - 1n].entries()) {
        const request = kept(0x70 + index, { receivedAt: 1, state: "final", block });
        ids.push(request.id);
        await store.addRequest(request);
      }
      await store.addRequest(kept(0x75, { receivedAt: 1, state: "failed", block: 2n ** 50n }));
      await store.addRequest(kept(0x76, { receivedAt: 1, state: "final" }));
      const found = (await store.finalSince(2n ** 50n, 10)).map(({ id }) => id);
      expect(found).to.deep.equal([ids[1], ids[2], ids[0]]);
      expect((await store.finalSince(2n ** 50n, 1)).map(({ id }) => id)).to.deep.equal([ids[1]]);
    });

    it("adds up what was taken since a time, of one signer or of all", async () => {
      const signer = account(9);
      const total = await store.usage(1_000);
      await store.addRequest(kept(10, { signer, receivedAt: 999, gas: 5n }));
      await store.addRequest(kept(11, { signer, receivedAt: 1_000, gas: 7n }));
      await store.addRequest(kept(12, { signer: account(13), receivedAt: 1_001, gas: 11n, state: "failed" }));
      expect(await store.usage(1_000, signer)).to.deep.equal({ requests: 1, gas: 7n });
      expect(await store.usage(1_000)).to.deep.equal({ requests: total.requests + 2, gas: total.gas + 18n });
      expect(await store.usage(5_000, signer)).to.deep.equal({ requests: 0, gas: 0n });
    });

    it("keeps a number with its transactions and its request in one step, and gives it once", async () => {
      const relayer = account(20);
      const request = kept(21, { receivedAt: 1 });
      await store.addRequest(request);
      const slot = slotOf(7, request.id, [transaction(22)]);
      const linked = { id: request.id, change: { state: "sent" as const, txHash: hash(22) } };
      await store.openSlot(relayer, slot, linked);
      await store.openSlot(relayer, slotOf(6, undefined, [transaction(23)]));
      expect(await store.slots(relayer)).to.deep.equal([slotOf(6, undefined, [transaction(23)]), slot]);
      expect(await store.slots(account(24))).to.deep.equal([]);
      expect((await store.findRequest(request.id))?.state).to.equal("sent");

      const other = kept(25, { receivedAt: 1 });
      await store.addRequest(other);
      const again = slotOf(7, other.id, [transaction(26)]);
      const change = { id: other.id, change: { state: "sent" as const } };
      expect(await codeOf(store.openSlot(relayer, again, change))).to.equal("STORE_FAILED");
      expect((await store.findRequest(other.id))?.state).to.equal("queued");
    });

    it("gives a request one number at a time", async () => {
      const relayer = account(50);
      const request = kept(51, { receivedAt: 1 });
      await store.addRequest(request);
      await store.openSlot(relayer, slotOf(1, request.id, [transaction(52)]));
      expect(await codeOf(store.openSlot(relayer, slotOf(2, request.id, [transaction(53)])))).to.equal(
        "STORE_FAILED",
      );
      expect(await store.slots(relayer)).to.have.length(1);
      await store.closeSlot(relayer, 1);
      await store.openSlot(relayer, slotOf(2, request.id, [transaction(53)]));
      // Fillers are for none.
      for (const nonce of [3, 4])
        await store.openSlot(relayer, slotOf(nonce, undefined, [transaction(51 + nonce)]));
      expect(await store.slots(relayer)).to.have.length(3);
    });

    it("keeps replacements in their order, and forgets a number with all of them", async () => {
      const relayer = account(30);
      const request = kept(31, { receivedAt: 1 });
      await store.addRequest(request);
      await store.openSlot(relayer, slotOf(1, request.id, [transaction(32)]));
      for (const byte of [34, 33])
        await store.addTransaction(relayer, 1, {
          transaction: transaction(byte),
          linked: { id: request.id, change: { txHash: hash(byte) } },
        });
      const [slot] = await store.slots(relayer);
      expect(slot?.transactions.map((entry) => entry.hash)).to.deep.equal([hash(32), hash(34), hash(33)]);
      expect((await store.findRequest(request.id))?.txHash).to.equal(hash(33));
      await store.closeSlot(relayer, 1, { id: request.id, change: { state: "final", block: 5n } });
      await store.closeSlot(relayer, 1);
      expect(await store.slots(relayer)).to.deep.equal([]);
      expect((await store.findRequest(request.id))?.state).to.equal("final");
      await store.openSlot(relayer, slotOf(1, undefined, [transaction(32)]));
    });

    it("drops what is settled and old, and nothing that waits", async () => {
      const old = kept(40, { receivedAt: -10, state: "expired" });
      const waiting = kept(41, { receivedAt: -10 });
      const recent = kept(42, { receivedAt: -5, state: "final" });
      for (const request of [old, waiting, recent]) await store.addRequest(request);
      await store.dropSettled(-5);
      const left = await Promise.all([old, waiting, recent].map(({ id }) => store.findRequest(id)));
      expect(left.map((request) => request !== undefined)).to.deep.equal([false, true, true]);
    });
  });

interface Changes extends Partial<KeptRequest> {
  readonly signer?: Address;
  readonly nonce?: bigint;
}

function kept(byte: number, { signer = account(1), nonce = 0n, ...changes }: Changes): KeptRequest {
  const request = {
    from: signer,
    to: account(2),
    value: 0n,
    gas: 100_000n,
    nonce,
    deadline: 2_000_000_000,
    data: "0x1234" as const,
  };
  return {
    id: hash(byte),
    kind: "node",
    signed: { request, signature: `0x${"11".repeat(65)}` },
    state: "queued",
    receivedAt: 0,
    gas: 1n,
    txHash: null,
    block: null,
    code: null,
    reason: null,
    ...changes,
  };
}

/** An address whose spelling has no upper case. */
function account(byte: number): Address {
  return `0x${(byte % 10).toString().repeat(38)}${byte.toString().padStart(2, "0")}`;
}

function slotOf(nonce: number, requestId: Hex | undefined, transactions: RelayTransaction[]): RelaySlot {
  return { nonce, requestId, transactions };
}

function transaction(byte: number): RelayTransaction {
  const fees = { maxFeePerGas: 2n ** 70n, maxPriorityFeePerGas: 3n };
  return { hash: hash(byte), raw: "0xabcd", purpose: "execute", gas: 200_000n, fees, sentBlock: 12n };
}
