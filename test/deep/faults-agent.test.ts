import { expect } from "chai";
import { startFaultWorld, type FaultWorld } from "../support/faults/fault-world.ts";
import { FAULTS, planFaults } from "../support/faults/fault-plan.ts";
import { LeaseWatch } from "../support/faults/watch-leases.ts";
import { Random } from "../support/fuzz/random.ts";
import { whyNoNatNetwork } from "../support/netns/nat-network.ts";
import { until } from "../support/until.ts";
import { helloManifest } from "../support/world.ts";

const { FIZZ_FAULTS_SEED: seedText, FIZZ_FAULTS_COUNT: countText } = process.env;
const seed = Number(seedText ?? Date.now() % 2 ** 31);
const count = Number(countText ?? 200);

/** Leases that run from beginning to end. */
const KEPT = 3;
/** A tenant opens or ends one more lease while every so-manieth fault happens. */
const CHANGE_EVERY = 8;
/** Time for everything to be as it has to be again, in milliseconds. */
const RECOVERY_MS = 120_000;

describe("a node to which everything happens", function () {
  this.timeout(3 * 3_600_000);
  let faults: FaultWorld;
  before(async function () {
    if (whyNoNatNetwork() !== undefined) return this.skip();
    faults = await startFaultWorld();
  });
  after(async () => {
    await (faults as FaultWorld | undefined)?.stop();
  });

  it(`loses no container, doubles none, and closes no lease by mistake (seed ${seed}, ${count} faults)`, async () => {
    const { tenant } = faults.world;
    const random = new Random(seed);
    const watch = new LeaseWatch(faults.world);
    const lids: bigint[] = [];
    const deploy = async (): Promise<bigint> => {
      const { lid } = await tenant.deploy(await helloManifest());
      lids.push(lid);
      return lid;
    };
    const extra: bigint[] = [];
    /** Fails as people see it fail while things break; what counts is what stands on the chain then. */
    const change = async (): Promise<void> => {
      const lid = extra.pop();
      if (lid === undefined) extra.push(await deploy());
      else {
        watch.end(lid);
        await tenant.close(lid);
      }
    };
    const recovered = async (what: string): Promise<number> => {
      const from = Date.now();
      let open: string[] = [];
      const isWhole = async (): Promise<boolean> => {
        open = await watch.open(lids).catch((error: unknown) => [String(error)]);
        return open.length === 0;
      };
      await until(isWhole, what, RECOVERY_MS).catch((error: unknown) => {
        throw new Error(`${what}: ${open.join("; ")}`, { cause: error });
      });
      return Date.now() - from;
    };

    for (let index = 0; index < KEPT; index += 1) await deploy();
    await recovered("all leases run");
    const slowest = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const [index, fault] of planFaults(count, random).entries()) {
      const changing = index % CHANGE_EVERY === 0 ? change().catch(() => undefined) : undefined;
      const how = await faults.inject(fault, random);
      await changing;
      const ms = await recovered(`fault ${index + 1}, ${fault} ${how}, is over`);
      slowest.set(fault, Math.max(slowest.get(fault) ?? 0, ms));
      counts.set(fault, (counts.get(fault) ?? 0) + 1);
      process.stdout.write(`      ${index + 1} ${fault} ${how}: whole after ${(ms / 1_000).toFixed(1)} s\n`);
    }
    for (const fault of FAULTS)
      process.stdout.write(
        `      ${fault}: ${counts.get(fault) ?? 0}, slowest recovery ${((slowest.get(fault) ?? 0) / 1_000).toFixed(1)} s\n`,
      );
    const again = `FIZZ_FAULTS_SEED=${seed} FIZZ_FAULTS_COUNT=${count} repeats it`;
    const { lost, doubled, closed } = watch;
    process.stdout.write(
      `      seed ${seed}, ${count} faults: ${lost.length} containers lost, ${doubled.size} doubled, ${closed.length} leases closed by mistake\n`,
    );
    expect({ lost, doubled: [...doubled], closed }, again).to.deep.equal({
      lost: [],
      doubled: [],
      closed: [],
    });

    for (const lid of lids) {
      watch.end(lid);
      await tenant.close(lid).catch(() => undefined);
    }
    await recovered("what was closed is gone");
  });
});
