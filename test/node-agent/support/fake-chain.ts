import { ProtocolError } from "@fizz/protocol/errors";
import { type CloseReason } from "@fizz/protocol/reasons";
import { type Address, type Hex } from "viem";
import { type ChainSnapshot, type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { type Chain, type Cuts, type NodeRecord } from "../../../node-agent/src/ports.ts";
import { hashOf } from "./builders.ts";

export const NODE: NodeRecord = {
  nodeId: 7n,
  owner: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  operator: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  mode: "fizz",
  status: "active",
  region: "local",
  resources: 2_000n | (4_096n << 32n) | (20n << 64n),
  used: 0n,
  cpuTier: 5,
  gpuTier: 0,
};

/** A chain in memory. What is put is at the head; `settle` makes the head the confirmed view, too. */
export class FakeChain implements Chain {
  readonly chainId = 31_337;
  readonly market: Address = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0";
  readonly operator: Address = NODE.operator;
  node_: NodeRecord = NODE;
  slasher_: Address | undefined = "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9";
  isDown = false;
  headTime = 1_800_000_000;
  /** Calls that changed something, in order. */
  readonly sent: string[] = [];
  readonly #head = new Map<bigint, LeaseRecord>();
  #confirmed = new Map<bigint, LeaseRecord>();

  put(...leases: LeaseRecord[]): void {
    for (const lease of leases) this.#head.set(lease.lid, lease);
  }
  /** Takes a lease out of the head, as a reorg does. */
  drop(lid: bigint): void {
    this.#head.delete(lid);
  }
  settle(): void {
    this.#confirmed = new Map(this.#head);
  }
  at(lid: bigint): LeaseRecord | undefined {
    return this.#head.get(lid);
  }
  confirmedAt(lid: bigint): LeaseRecord | undefined {
    return this.#confirmed.get(lid);
  }

  async node(): Promise<NodeRecord | undefined> {
    return await this.#answer(this.node_);
  }
  async cuts(): Promise<Cuts> {
    return await this.#answer({ subnetCutBps: 500, protocolCutBps: 200, active: true });
  }
  async sharedSubnet(): Promise<number | undefined> {
    return await this.#answer(1);
  }
  async slasher(): Promise<Address | undefined> {
    return await this.#answer(this.slasher_);
  }
  async lease(lid: bigint): Promise<LeaseRecord | undefined> {
    return await this.#answer(this.#head.get(lid));
  }
  async snapshot(nodeId: bigint, watch: readonly bigint[]): Promise<ChainSnapshot> {
    const own = [...this.#head.values()].filter((lease) => lease.nodeId === nodeId);
    const lids = new Set([...watch, ...own.map(({ lid }) => lid), ...this.#confirmed.keys()]);
    const opened = new Map<Hex, bigint>(own.map(({ leaseHash, lid }) => [leaseHash, lid]));
    const views = [...lids].map(
      (lid) => [lid, { head: this.#head.get(lid), confirmed: this.#confirmed.get(lid) }] as const,
    );
    return await this.#answer({
      headNumber: 100n,
      headTime: this.headTime,
      leases: new Map(views),
      opened,
    });
  }
  async confirmStart(lease: LeaseRecord): Promise<void> {
    await this.#change(lease, "confirmStart", {
      state: "active",
      deadline: 0,
      paidUntil: this.headTime + 3_600,
    });
  }
  async decline(lease: LeaseRecord, reason: CloseReason): Promise<void> {
    await this.#change(lease, `decline ${reason}`, { state: "closed" });
  }
  async confirmUpdate(lease: LeaseRecord, update: { version: number; manifestHash: Hex }): Promise<void> {
    await this.#requirePending(lease, update);
    const { version, manifestHash } = update;
    await this.#change(lease, "confirmUpdate", { version, manifestHash, pending: undefined });
  }
  async declineUpdate(lease: LeaseRecord, update: { version: number; reason: CloseReason }): Promise<void> {
    await this.#requirePending(lease, update);
    await this.#change(lease, `declineUpdate ${update.reason}`, { pending: undefined });
  }
  async closeExhausted(lease: LeaseRecord): Promise<void> {
    await this.#change(lease, "close", { state: "closed" });
  }
  async giveNotice(lease: LeaseRecord, reason: CloseReason): Promise<void> {
    const deadline = this.headTime + lease.noticeSeconds;
    await this.#change(lease, `giveNotice ${reason}`, { state: "reclaiming", deadline });
  }
  async closeReclaimed(lease: LeaseRecord, reason: CloseReason): Promise<void> {
    await this.#change(lease, `close ${reason}`, { state: "closed" });
  }

  async #requirePending({ lid }: LeaseRecord, { version }: { version: number }): Promise<void> {
    await this.#answer(undefined);
    if (this.#head.get(lid)?.pending?.version === version) return;
    throw new ProtocolError("TX_REVERTED", "The contract refused: LeaseMarket_NoUpdatePending(1).");
  }
  async #change(lease: LeaseRecord, call: string, changes: Partial<LeaseRecord>): Promise<void> {
    await this.#answer(undefined);
    const known = this.#head.get(lease.lid);
    if (known?.leaseHash !== lease.leaseHash)
      throw new ProtocolError("TX_REVERTED", `The contract refused: WrongLeaseHash(${hashOf("x")}).`);
    this.sent.push(call);
    this.#head.set(lease.lid, { ...known, ...changes });
  }
  async #answer<Result>(result: Result): Promise<Result> {
    await Promise.resolve();
    if (this.isDown) throw new ProtocolError("CHAIN_UNREACHABLE", "The chain does not answer.");
    return result;
  }
}
