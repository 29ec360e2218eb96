import { expect } from "chai";
import { until } from "../../support/until.ts";
import { agentWorld } from "../support/agent-world.ts";

describe("Reconciler, of an agent with nothing to do", function () {
  this.timeout(30_000);

  it("comes to rest after a wake in the middle of a look", async () => {
    const { chain, engine, wakeup, run, stopAll } = await agentWorld({ state: "open" }, 400);
    try {
      await run();
      await eventually(() => chain.sent.includes("confirmStart"), "the start is confirmed");
      await turns();
      let looks = 0;
      const observe = engine.observe.bind(engine);
      engine.observe = async () => {
        looks += 1;
        if (looks === 1) wakeup.now();
        return await observe();
      };
      wakeup.now();
      await eventually(() => looks > 1, "the second wake is served");
      await turns();
      expect(looks).to.equal(2);
    } finally {
      await stopAll();
    }
  });

  /** Time for whatever waits for nothing. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function eventually(ask: () => boolean, what: string): Promise<void> {
    await until(() => Promise.resolve(ask()), what, 15_000);
  }
});
