import { median } from "../bench.ts";

/** Figures of several rounds; each is taken once a round, by each contender that it concerns. */
export class Samples {
  readonly #values = new Map<string, Map<string, number[]>>();

  add(contender: string, figures: Readonly<Record<string, number>>): void {
    for (const [figure, value] of Object.entries(figures)) {
      const row = this.#values.get(figure) ?? new Map<string, number[]>();
      this.#values.set(figure, row);
      row.set(contender, [...(row.get(contender) ?? []), value]);
    }
  }

  figures(): string[] {
    return [...this.#values.keys()];
  }

  /** By round; empty when it was not measured. */
  of(contender: string, figure: string): readonly number[] {
    return this.#values.get(figure)?.get(contender) ?? [];
  }

  /** Undefined when it was not measured. */
  medianOf(contender: string, figure: string): number | undefined {
    const values = this.of(contender, figure);
    return values.length === 0 ? undefined : median(values);
  }

  /** Largest less smallest, as a share of the median. */
  spreadOf(contender: string, figure: string): number | undefined {
    const values = this.of(contender, figure);
    return values.length < 2 ? undefined : (Math.max(...values) - Math.min(...values)) / median(values);
  }

  toJson(): Record<string, Record<string, readonly number[]>> {
    return Object.fromEntries([...this.#values].map(([figure, row]) => [figure, Object.fromEntries(row)]));
  }
}
