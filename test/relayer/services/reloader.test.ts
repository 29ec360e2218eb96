import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { Reloader } from "../../../relayer/src/services/reloader.ts";
import { codeOf } from "../../support/code-of.ts";
import { memoryLogger } from "../support/builders.ts";

interface Settings {
  readonly limit: number;
  readonly level: string;
  readonly port: number;
  readonly list: readonly number[];
  readonly optional?: number;
}

const FIRST: Settings = { limit: 1, level: "info", port: 80, list: [1] };

describe("Reloader", () => {
  it("gives each part what is new, and names what needs a restart", async () => {
    const { reloader, write, heard } = setup();
    write({ ...FIRST, limit: 2, port: 81, optional: 1 });
    expect(await reloader.reload()).to.deep.equal({
      changed: ["limit"],
      needsRestart: ["port", "optional"],
      failed: [],
    });
    expect(heard).to.deep.equal(["doors 2", "process info"]);
    expect(reloader.settings).to.deep.equal({ ...FIRST, limit: 2 });
    expect((await reloader.reload()).needsRestart, "still").to.deep.equal(["port", "optional"]);
  });

  it("tells every part also when no setting changed: its files may have", async () => {
    const { reloader, heard } = setup();
    expect(await reloader.reload()).to.deep.equal({ changed: [], needsRestart: [], failed: [] });
    expect(heard).to.deep.equal(["doors 1", "process info"]);
  });

  it("compares lists by what is in them", async () => {
    const { reloader, write } = setup();
    write({ ...FIRST, list: [1] });
    expect((await reloader.reload()).needsRestart).to.deep.equal([]);
    write({ ...FIRST, list: [2] });
    expect((await reloader.reload()).needsRestart).to.deep.equal(["list"]);
  });

  it("changes nothing when the configuration is wrong", async () => {
    const { reloader, write, heard, logger } = setup();
    write(undefined);
    expect(await codeOf(reloader.reload())).to.equal("CONFIG_INVALID");
    expect(heard).to.deep.equal([]);
    expect(reloader.settings).to.deep.equal(FIRST);
    expect(logger.events).to.deep.equal(["config.reload.failed"]);
  });

  it("lets a part that fails go on with what it had, and the others take theirs", async () => {
    const { reloader, write, heard, logger } = setup({ fails: true });
    write({ ...FIRST, limit: 2, level: "debug" });
    expect(await reloader.reload()).to.deep.equal({
      changed: ["level"],
      needsRestart: [],
      failed: ["doors"],
    });
    expect(heard).to.deep.equal(["process debug"]);
    expect(reloader.settings).to.deep.equal({ ...FIRST, level: "debug" });
    expect(logger.events).to.deep.equal(["config.part.failed", "config.reloaded"]);
  });

  it("changes nothing when a part finds its files wrong, though another was asked before", async () => {
    const { reloader, write, heard, logger } = setup({ finds: "broken" });
    write({ ...FIRST, limit: 2, level: "debug" });
    expect(await codeOf(reloader.reload())).to.equal("CONFIG_INVALID");
    expect(heard).to.deep.equal([]);
    expect(reloader.settings).to.deep.equal(FIRST);
    expect(logger.events).to.deep.equal(["config.reload.failed"]);
  });

  function setup({ fails = false, finds = "" } = {}) {
    const logger = memoryLogger();
    let written: Settings | undefined = FIRST;
    const read = (): Settings => {
      if (written === undefined) throw new ProtocolError("CONFIG_INVALID", "not a number");
      return written;
    };
    const reloader = new Reloader<Settings>({ logger, read }, FIRST);
    const heard: string[] = [];
    reloader.add({
      name: "doors",
      keys: ["limit"],
      reload: async ({ limit }) => {
        await Promise.resolve();
        if (fails) throw new TypeError("the file is broken");
        heard.push(`doors ${limit}`);
      },
    });
    reloader.add({
      name: "process",
      keys: ["level"],
      check: () => {
        if (finds !== "") throw new ProtocolError("CONFIG_INVALID", finds);
      },
      reload: ({ level }) => {
        heard.push(`process ${level}`);
      },
    });
    const write = (next: Settings | undefined): void => {
      written = next;
    };
    return { reloader, write, heard, logger };
  }
});
