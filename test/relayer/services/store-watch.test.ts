import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { StoreWatch } from "../../../relayer/src/services/store-watch.ts";
import { until } from "../../support/until.ts";
import { memoryLogger } from "../support/builders.ts";

describe("the look at the database", () => {
  it("tells a database that fails, and one that is back, each once", async () => {
    const { watch, logger, answer } = setup();
    await watch.look();
    expect(watch.isReachable).to.equal(true);
    answer.with(() => Promise.reject(new Error("gone")));
    await watch.look();
    await watch.look();
    expect(watch.isReachable).to.equal(false);
    answer.with(() => Promise.resolve());
    await watch.look();
    expect(watch.isReachable).to.equal(true);
    expect(logger.events).to.deep.equal(["store.away", "store.back"]);
  });

  it("gives one that is silent up after a while, and asks it nothing more meanwhile", async () => {
    const { watch, answer } = setup();
    let end: () => void = () => undefined;
    answer.with(
      () =>
        new Promise((resolve) => {
          end = () => {
            resolve(undefined);
          };
        }),
    );
    await watch.look();
    await watch.look();
    expect(watch.isReachable).to.equal(false);
    expect(answer.count()).to.equal(1);
    end();
    await sleep(0);
    answer.with(() => Promise.resolve());
    await watch.look();
    expect(watch.isReachable).to.equal(true);
  });

  it("looks by itself from its start to its end, and no longer", async () => {
    const { watch, answer } = setup();
    answer.with(() => Promise.reject(new Error("gone")));
    watch.start();
    await until(() => Promise.resolve(!watch.isReachable), "it has looked");
    answer.with(() => Promise.resolve());
    await until(() => Promise.resolve(watch.isReachable), "it looks again");
    await watch.stop();
    const asked = answer.count();
    await sleep(20);
    expect(answer.count()).to.equal(asked);
  });

  function setup() {
    let ask: () => Promise<unknown> = () => Promise.resolve();
    let count = 0;
    const logger = memoryLogger();
    const counted = (): Promise<unknown> => {
      count += 1;
      return ask();
    };
    const watch = new StoreWatch({ ask: counted, logger }, { lookMs: 1, answerMs: 10 });
    const answer = {
      with: (next: () => Promise<unknown>): void => {
        ask = next;
      },
      count: () => count,
    };
    return { watch, logger, answer };
  }
});
