import { ProtocolError } from "@fizz/protocol/errors";
import { type ExecCommand } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { findRunning, type ObservedContainer } from "../domain/observed.ts";
import { type ExecSession, type Programs } from "../exec-ports.ts";
import { type Engine, type LeaseStore } from "../ports.ts";

export interface ProgramDeskComponents {
  readonly engine: Pick<Engine, "exec">;
  readonly store: Pick<LeaseStore, "find">;
  /** All containers of this node, as last observed. */
  readonly containers: () => readonly ObservedContainer[];
}

/** Runs programs of tenants beside what runs in their containers. */
export class ProgramDesk implements Programs {
  readonly #components: ProgramDeskComponents;

  constructor(components: ProgramDeskComponents) {
    this.#components = components;
  }

  async exec(leaseHash: Hex, command: ExecCommand, signal: AbortSignal): Promise<ExecSession> {
    const { engine, store, containers } = this.#components;
    if (store.find(leaseHash) === undefined)
      throw new ProtocolError("LEASE_NOT_FOUND", "This node does not serve that lease.");
    const own = containers().filter((container) => container.leaseHash === leaseHash);
    const running = findRunning(own, command);
    if (running !== undefined) return await engine.exec(running.id, command, signal);
    const { service, replica } = command;
    if (own.some((container) => container.service === service && container.replica === replica))
      throw new ProtocolError("SERVICE_UNREACHABLE", "The container does not run at the moment.");
    const names = [...new Set(own.map((container) => `${container.service} ${container.replica}`))];
    const message = `There is no container ${service} ${replica}. There is: ${names.join(", ") || "none"}.`;
    throw new ProtocolError("SERVICE_UNKNOWN", message);
  }
}
