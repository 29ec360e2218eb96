import { type Hex } from "viem";
import { type ObservedContainer, type SandboxState } from "../../../node-agent/src/domain/observed.ts";
import { type ContainerSpec, type RunningLimits } from "../../../node-agent/src/domain/workload.ts";
import { type OutputLine } from "../../../node-agent/src/ports.ts";

export interface FakeContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  limits: RunningLimits;
  readonly digest: string;
  readonly lines: OutputLine[];
  state: ObservedContainer["state"];
  exitCode: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  sandbox: SandboxState;
  stop: AbortController;
}

/** Machine under one or more fake engines: they see the same containers, each its own. */
export class FakeMachine {
  readonly containers = new Map<string, FakeContainer & { readonly node: string }>();
  readonly images = new Set(["docker.io/fizz/hello:1.0.0"]);
  /** What registries have, by canonical name; with a password where they want one. */
  readonly registry = new Map<string, { readonly digest: string; readonly password?: string }>();
  hasAllImages = false;
  /** Unpacked size of every image. */
  imageBytes = 1_000_000;
  /** What every image names. */
  ports: readonly string[] = ["8080/tcp"];
  readonly listeners = new Set<() => void>();
  /** Lease hashes that have a network, and names of volumes by lease hash. */
  readonly networks = new Set<Hex>();
  readonly volumes = new Map<string, Hex>();
  /** Which node made them, and for which lid, by lease hash. */
  readonly makers = new Map<Hex, { readonly node: string; readonly lid: bigint }>();
  readonly now: () => number;
  counter = 0;
  /** Most memory that containers which ran at the same time were limited to. */
  mostMemory = 0n;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** Ends every container, so that no timer is left. */
  stop(): void {
    this.endAll();
  }

  /** As an engine without live-restore does that ends. */
  endAll(): void {
    for (const { stop } of this.containers.values()) stop.abort();
  }

  /** Bytes on disk, by id. */
  readonly disk = new Map<string, number>();

  /** Memory that every container holds, beside what it writes to shared memory. */
  held = 1_000_000;

  heldBy({ spec }: FakeContainer): number {
    const script = spec.command.at(-1) ?? "";
    const [, size = 0, count = 0] = /of=\/dev\/shm\/\w+ bs=(\d+) count=(\d+)/.exec(script) ?? [];
    return this.held + Number(size) * Number(count);
  }

  noteMemory(): void {
    const running = [...this.containers.values()].filter(({ state }) => state === "running");
    const sum = running.reduce((bytes, { limits }) => bytes + limits.memoryBytes, 0n);
    if (sum > this.mostMemory) this.mostMemory = sum;
  }

  fillDisk(id: string, bytes: number): void {
    this.disk.set(id, bytes);
  }

  /** The container's network namespace ends; one to join is there again at its next start. */
  endSandbox(id: string): void {
    const container = this.containers.get(id);
    if (container?.state === "running") container.sandbox = "stale";
    this.changed();
  }

  removeSandbox(id: string): void {
    const container = this.containers.get(id);
    if (container !== undefined) container.sandbox = "missing";
    this.changed();
  }

  /** As an agent leaves it that ends in the middle of `create`. */
  removeAllButSandbox(id: string): void {
    const container = this.containers.get(id);
    container?.stop.abort();
    if (container !== undefined) container.sandbox = "alone";
    this.changed();
  }

  changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
