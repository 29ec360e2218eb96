import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { volumeNameOf } from "../../../node-agent/src/containers/labels.ts";
import { canonicalReference } from "../../../node-agent/src/domain/image-reference.ts";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { fitsIn } from "../../../node-agent/src/domain/resources.ts";
import { type ContainerSpec, type RunningLimits } from "../../../node-agent/src/domain/workload.ts";
import { type ExecSession, type Program } from "../../../node-agent/src/exec-ports.ts";
import {
  type Engine,
  type EngineFacts,
  type ImageFacts,
  type OutputLine,
  type OutputQuery,
} from "../../../node-agent/src/ports.ts";
import { type ContainerUsage } from "../../../node-agent/src/domain/usage.ts";
import { fakeExec } from "./fake-exec.ts";
import { findFakeImage } from "./fake-images.ts";
import { type FakeContainer, type FakeMachine } from "./fake-machine.ts";
import { runScript } from "./fake-shell.ts";

/** An engine in memory. It runs the few shell commands that the compliance suite uses. */
export class FakeEngine implements Engine {
  readonly machine: FakeMachine;
  readonly #node: string;
  #measured = new Map<string, number>();
  isDown = false;
  /** Fails the next pull so. */
  pullError: ProtocolError | undefined;
  /** Names of calls that changed something, in order. */
  readonly calls: string[] = [];

  constructor(machine: FakeMachine, node: string) {
    this.machine = machine;
    this.#node = node;
  }

  async facts(): Promise<EngineFacts> {
    await this.#answer();
    const facts = { version: "fake", cpus: 2, memoryBytes: 4e9, architecture: "x86_64" };
    return { ...facts, liveRestore: true, warnings: [] };
  }

  async observe(): Promise<ObservedContainer[]> {
    await this.#answer();
    return [...this.machine.containers.values()]
      .filter(({ node }) => node === this.#node)
      .map((container) => ({
        ...observedOf(container),
        diskBytes: this.#measured.get(container.id) ?? null,
      }));
  }

  async provideImage(spec: ContainerSpec): Promise<ImageFacts> {
    await this.#answer();
    this.calls.push("pull");
    const failure = this.pullError;
    if (failure !== undefined) throw failure;
    const present = findFakeImage(this.machine, spec.image);
    if (present === undefined && spec.pullPolicy === "Never")
      throw new ProtocolError("IMAGE_PULL_FAILED", `The image ${spec.image} is not here.`, {
        retryable: false,
      });
    if (present !== undefined) return present;
    this.machine.images.add(canonicalReference(spec.image));
    return findFakeImage(this.machine, spec.image) ?? { id: "", sizeBytes: 0, ports: [] };
  }

  async create(spec: ContainerSpec, digest: string): Promise<void> {
    await this.#answer();
    const { containers } = this.machine;
    const known = [...containers.values()].find(
      (candidate) =>
        candidate.digest === digest &&
        candidate.spec.leaseHash === spec.leaseHash &&
        candidate.node === this.#node,
    );
    if (known !== undefined && known.sandbox !== "alone") return;
    if (known !== undefined) containers.delete(known.id);
    this.calls.push("create");
    this.machine.networks.add(spec.leaseHash);
    this.machine.makers.set(spec.leaseHash, { node: this.#node, lid: spec.lid });
    for (const volume of spec.volumes)
      this.machine.volumes.set(volumeNameOf(spec, digest, volume), spec.leaseHash);
    this.machine.counter += 1;
    const id = `fake-${this.machine.counter}`;
    const times = { exitCode: null, startedAt: null, finishedAt: null };
    const base = {
      id,
      node: this.#node,
      spec,
      digest,
      lines: [],
      state: "created" as const,
      sandbox: "whole" as const,
      limits: { milliCpu: spec.limits.milliCpu, memoryBytes: spec.limits.memoryBytes },
    };
    containers.set(id, { ...base, ...times, stop: new AbortController() });
  }

  async start(id: string): Promise<void> {
    const container = await this.#require(id);
    if (container.state === "running") return;
    if (container.sandbox === "missing")
      throw new ProtocolError("ENGINE_FAILED", "There is no network to join.");
    this.calls.push("start");
    container.sandbox = "whole";
    container.state = "running";
    container.exitCode = null;
    container.startedAt = this.machine.now();
    this.machine.noteMemory();
    container.stop = new AbortController();
    const { machine } = this;
    const script = container.spec.command.at(-1) ?? "sleep 1000";
    void runScript(script, container.lines, container.stop.signal).then((code) => {
      container.state = "exited";
      container.exitCode = code;
      container.finishedAt = machine.now();
      machine.changed();
    });
    machine.changed();
  }

  async resize(id: string, limits: RunningLimits): Promise<void> {
    await this.#answer();
    const container = this.machine.containers.get(id);
    if (container === undefined) return;
    const isLess = limits.memoryBytes < container.limits.memoryBytes;
    if (
      isLess &&
      container.state === "running" &&
      !fitsIn(this.machine.heldBy(container), limits.memoryBytes)
    )
      throw new ProtocolError("RESOURCES_IN_USE", "The container holds more memory than that.");
    this.calls.push("resize");
    container.limits = limits;
  }

  async stop(id: string): Promise<void> {
    await this.#answer();
    const container = this.machine.containers.get(id);
    if (container?.state !== "running") return;
    this.calls.push("stop");
    const ended = this.#whenChanged(() => container.state !== "running");
    container.stop.abort();
    await ended;
    if (container.sandbox === "stale") container.sandbox = "whole";
  }

  async remove(id: string): Promise<void> {
    await this.stop(id);
    const { containers, volumes } = this.machine;
    const { spec, digest } = containers.get(id) ?? {};
    for (const volume of spec?.volumes ?? [])
      if (spec !== undefined && !volume.persistent) volumes.delete(volumeNameOf(spec, digest ?? "", volume));
    if (containers.delete(id)) this.calls.push("remove");
    this.machine.changed();
  }

  async removeLease(leaseHash: Hex): Promise<void> {
    await this.#answer();
    this.calls.push(`removeLease ${leaseHash.slice(0, 6)}`);
    const { networks, volumes } = this.machine;
    networks.delete(leaseHash);
    for (const [name, owner] of volumes) if (owner === leaseHash) volumes.delete(name);
  }

  async measureDisk(): Promise<void> {
    await this.#answer();
    this.#measured = new Map(this.machine.disk);
    for (const id of this.machine.containers.keys()) if (!this.#measured.has(id)) this.#measured.set(id, 0);
  }

  async *output(id: string, query: OutputQuery, signal: AbortSignal): AsyncGenerator<OutputLine, void, void> {
    const container = this.machine.containers.get(id);
    if (container === undefined) return;
    const { lines } = container;
    const from =
      query.since === undefined ? 0 : lines.findIndex(({ timestamp }) => timestamp >= isoOf(query.since));
    let at = Math.max(from === -1 ? lines.length : from, query.tail === null ? 0 : lines.length - query.tail);
    for (;;) {
      for (; at < lines.length; at += 1) {
        const line = lines[at];
        if (line !== undefined) yield line;
      }
      if (!query.follow || container.state !== "running" || signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async *usage(id: string, signal: AbortSignal): AsyncGenerator<ContainerUsage, void, void> {
    await this.#answer();
    for (let count = 0; ; count += 1) {
      const container = this.machine.containers.get(id);
      if (container?.state !== "running" || signal.aborted) return;
      const held = {
        memoryBytes: this.machine.heldBy(container),
        receivedBytes: 0,
        sentBytes: 0,
        readBytes: 0,
        writtenBytes: 0,
      };
      const from = container.startedAt ?? 0;
      yield { at: from + 1_000 * count, cpuNanos: 50_000_000 * count, ...held, pids: 1 };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async exec(id: string, program: Program): Promise<ExecSession> {
    const { state } = await this.#require(id);
    if (state !== "running") throw new ProtocolError("EXEC_FAILED", "The container does not run.");
    return fakeExec(program);
  }

  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    await this.#answer();
    this.machine.listeners.add(onChange);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => {
        resolve();
      });
    });
    this.machine.listeners.delete(onChange);
  }

  async #require(id: string): Promise<FakeContainer> {
    await this.#answer();
    const container = this.machine.containers.get(id);
    if (container !== undefined) return container;
    throw new ProtocolError("ENGINE_FAILED", "No such container.");
  }

  async #whenChanged(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.isDown) throw new ProtocolError("ENGINE_UNREACHABLE", "The Docker Engine does not answer.");
  }
}

function observedOf(container: FakeContainer): Omit<ObservedContainer, "diskBytes"> {
  const { id, spec, digest, state, exitCode, startedAt, finishedAt, sandbox, limits } = container;
  const { leaseHash, lid, service, replica, version } = spec;
  const times = { exitCode, outOfMemory: false, startedAt, finishedAt };
  const address = state === "running" && sandbox === "whole" ? "127.0.0.1" : null;
  if (sandbox === "alone") {
    const none = { state: "created", exitCode: null, startedAt: null, finishedAt: null } as const;
    return {
      id,
      leaseHash,
      lid,
      service,
      replica,
      version,
      digest,
      ...times,
      ...none,
      address: null,
      sandbox,
      limits: null,
    };
  }
  return {
    ...{ id, leaseHash, lid, service, replica, version, digest, state },
    ...{ ...times, address, sandbox, limits, image: spec.image },
  };
}

function isoOf(since: string | undefined): string {
  const [seconds = "0", nanos = ""] = (since ?? "0").split(".");
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${nanos.padEnd(9, "0")}Z`;
}
