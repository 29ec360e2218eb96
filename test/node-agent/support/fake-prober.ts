import { type HealthProbe, type Prober } from "../../../node-agent/src/health-ports.ts";

/** Says of every container what it is told to say. */
export class FakeProber implements Prober {
  /** What is wrong. */
  problem: string | undefined;
  readonly probed: HealthProbe[] = [];

  async probe(probe: HealthProbe): Promise<string | undefined> {
    await Promise.resolve();
    this.probed.push(probe);
    return this.problem;
  }
}
