import { type CardFacts, type GpuCard } from "./domain/gpu-card.ts";

/** Asks the driver. */
export interface GpuReader {
  /** @throws ProtocolError GPU_UNAVAILABLE when it does not answer, GPU_UNREADABLE */
  read(signal: AbortSignal): Promise<readonly GpuCard[]>;
}

/** The cards that can be leased now. */
export interface CardSource {
  /** @throws ProtocolError GPU_UNAVAILABLE while the driver does not answer */
  cards(): readonly GpuCard[];
}

/** What the node's GPUs are at this moment, for quotes. */
export interface GpuStock {
  /** Cards that can be leased, leased ones too; 0 while the driver does not answer. */
  readonly count: number;
  /** Why none is leased now; undefined when they answer. */
  readonly problem: string | undefined;
  /** Of the cards that answered last; undefined when there were none. */
  readonly facts: CardFacts | undefined;
}
