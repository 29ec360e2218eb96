import { expect } from "chai";
import { Cleanup, withCleanupOnFailure } from "../../scripts/lib/cleanup.ts";

describe("Cleanup", () => {
  it("ends in reverse order, once", async () => {
    const ended: string[] = [];
    const cleanup = new Cleanup();
    for (const name of ["a", "b", "c"]) cleanup.defer(name, () => ended.push(name));
    await Promise.all([cleanup.stop(), cleanup.stop()]);
    await cleanup.stop();
    expect(ended).to.deep.equal(["c", "b", "a"]);
  });

  it("goes on when one step fails", async () => {
    const ended: string[] = [];
    const cleanup = new Cleanup();
    cleanup.defer("first", () => ended.push("first"));
    cleanup.defer("a step that fails on purpose", () => Promise.reject(new Error("on purpose")));
    await cleanup.stop();
    expect(ended).to.deep.equal(["first"]);
  });

  it("ends at once what is registered when the end has already begun", async () => {
    const ended: string[] = [];
    const cleanup = new Cleanup();
    await cleanup.stop();
    cleanup.defer("late", () => ended.push("late"));
    await cleanup.stop();
    expect(ended).to.deep.equal(["late"]);
  });

  it("ends what was started when the work that started it fails, and only then", async () => {
    const ended: string[] = [];
    const failing = withCleanupOnFailure((cleanup) => {
      cleanup.defer("started", () => ended.push("started"));
      return Promise.reject(new Error("on purpose"));
    });
    expect(await failing.catch((error: unknown) => (error as Error).message)).to.equal("on purpose");
    expect(ended).to.deep.equal(["started"]);
    await withCleanupOnFailure((cleanup) => {
      cleanup.defer("kept", () => ended.push("kept"));
      return Promise.resolve();
    });
    expect(ended).to.deep.equal(["started"]);
  });
});
