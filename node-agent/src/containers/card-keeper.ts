import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { type CardHolder, chooseCards } from "../domain/lend-cards.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import { type CardSource } from "../gpu-ports.ts";
import { callEngine } from "./call-engine.ts";
import { type GpuGrant, grantOf, gpuSupportOf } from "./gpu-support.ts";
import { LABEL, readLabels } from "./labels.ts";

/**
 * Lends cards to containers. Who has which is written on the containers themselves and nowhere else, so a crash loses
 * nothing; those of other nodes on the same engine count too. One container at a time is given cards.
 */
export class CardKeeper {
  readonly #docker: Docker;
  readonly #source: CardSource | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param source Undefined on a node without GPUs. */
  constructor(docker: Docker, source: CardSource | undefined) {
    this.#docker = docker;
    this.#source = source;
  }

  /**
   * Has a container created with the cards that it needs.
   *
   * @param create Gets undefined for a container that needs none.
   * @throws ProtocolError GPU_UNAVAILABLE when too few are free, REQUIREMENT_MISSING, and as Engine and `create`
   */
  async lend(
    spec: ContainerSpec,
    create: (grant: GpuGrant | undefined) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (spec.limits.gpuUnits === 0) {
      await create(undefined);
      return;
    }
    const turn = this.#last.then(async () => {
      signal.throwIfAborted();
      await create(await this.#choose(spec, signal));
    });
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  async #choose(spec: ContainerSpec, signal: AbortSignal): Promise<GpuGrant> {
    const { leaseHash, service, replica } = spec;
    const units = spec.limits.gpuUnits;
    const cards = this.#source?.cards() ?? [];
    const need = { leaseHash, service, replica, units };
    const chosen = chooseCards(need, cards, await this.#holders(signal));
    if (chosen === undefined) {
      const message = `${service}-${replica} needs ${units} of the ${cards.length} GPUs, too few are free.`;
      throw new ProtocolError("GPU_UNAVAILABLE", message);
    }
    const info: unknown = await callEngine(
      "Asking the engine",
      () => this.#docker.info() as Promise<unknown>,
    );
    return grantOf(chosen, gpuSupportOf(info));
  }

  async #holders(signal: AbortSignal): Promise<CardHolder[]> {
    const filters = { label: [LABEL.gpus] };
    const list = await callEngine("Listing GPUs", () =>
      this.#docker.listContainers({ all: true, filters, abortSignal: signal }),
    );
    return list.map(({ Labels }) => {
      const labels = readLabels(Labels);
      return {
        leaseHash: labels?.[LABEL.lease],
        service: labels?.[LABEL.service] ?? "",
        replica: labels?.[LABEL.replica] ?? 0,
        uuids: gpusOf(Labels[LABEL.gpus]),
      };
    });
  }
}

/** The cards that a label names. */
export function gpusOf(label: string | undefined): string[] {
  return (label ?? "").split(",").filter((uuid) => uuid !== "");
}
