import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createOwnerParts } from "../../node-agent/src/app-owner.ts";
import { askAgent, findAgent } from "../../node-agent/src/commands/ask-agent.ts";
import { agentLines } from "../../node-agent/src/commands/print-agent.ts";
import { stop } from "../../node-agent/src/commands/stop.ts";
import { loadConfig } from "../../node-agent/src/config.ts";
import { parseCalendar } from "../../node-agent/src/domain/calendar.ts";
import { QUOTE_ECHO_MS } from "../../node-agent/src/leases/stop-desk.ts";
import { codeOf } from "../support/code-of.ts";
import { until } from "../support/until.ts";
import { CONTRACTS } from "./support/loopback-gateway.ts";
import { FakeChain } from "./support/fake-chain.ts";
import { ManualClock } from "./support/manual-clock.ts";
import { silentLog } from "./support/silent-log.ts";

const never = new AbortController().signal;
const OPTIONS = { now: false, within: undefined, wait: false, json: true };

describe("the owner's commands to a running agent", () => {
  const folders: string[] = [];
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of stops.splice(0)) await end();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it("are answered over a socket that its account alone may open, and by nobody where no agent runs", async () => {
    const { dataDir, parts, world } = await setup();
    expect(await findAgent(dataDir)).to.equal(undefined);
    expect(await codeOf(askAgent(dataDir, { method: "GET", path: "/status" }))).to.equal("NODE_UNREACHABLE");
    await parts.start();
    expect(statSync(join(dataDir, "operator.sock")).mode & 0o777).to.equal(0o600);
    world.leases = undefined;
    expect(await findAgent(dataDir)).to.deep.include({
      version: "9.9",
      subnetId: 3,
      leases: null,
      closedFor: [],
    });
    const wrong = { method: "POST", path: "/stop", body: { withinSeconds: -1 } } as const;
    expect(await codeOf(askAgent(dataDir, wrong))).to.equal("INPUT_INVALID");
    expect(await codeOf(askAgent(dataDir, { method: "POST", path: "/other" }))).to.equal("INPUT_INVALID");
    expect(parts.ended.aborted).to.equal(false);
  });

  it("say when the owner needs the machine, and that nothing is taken then", async () => {
    const { dataDir, parts, clock } = await setup(true);
    await parts.start();
    const found = await findAgent(dataDir);
    expect(found?.busy).to.deep.include({ reclaims: false });
    expect((found?.busy?.from ?? 0) <= clock.now()).to.equal(true);
    expect(found?.closedFor.join()).to.match(/^the owner needs the machine until /);
    expect(parts.busy()?.reclaims).to.equal(false);
  });

  it("say how the disk is held to leases, for programs by the offer's word and for people in a sentence", async () => {
    const { dataDir, parts, clock } = await setup();
    await parts.start();
    const found = await findAgent(dataDir);
    if (found === undefined) throw new Error("no agent answers");
    expect(found.disk).to.equal("quota");
    const shown = (disk: "quota" | "watch") => agentLines({ ...found, disk }, clock.now()).join("\n");
    expect(shown("quota")).to.include(
      "Disk       held to its lease by the file system: Writes of a container fail",
    );
    expect(shown("watch")).to.include("Disk       held to its lease by watching: The node looks");
  });

  it("stop: no new orders at once, the end with the last lease and after the last quote can be taken", async () => {
    const { parts, clock, world, command } = await setup();
    await parts.start();
    parts.counter.quoted(clock.now());
    world.leases = 1;
    expect(JSON.parse(await command(OPTIONS))).to.deep.include({ deadline: null, leases: 1 });
    const [gate] = parts.gates;
    expect(gate?.({ durationSeconds: 60, isUpdate: false })?.code).to.equal("node.paused");
    expect(gate?.({ durationSeconds: 60, isUpdate: true })).to.equal(undefined);
    expect(world.changes).to.equal(1);
    world.leases = 0;
    clock.move(QUOTE_ECHO_MS - 1);
    await asleep(clock);
    expect(parts.ended.aborted, "a quote can still be taken").to.equal(false);
    world.leases = undefined;
    clock.move(10_000);
    await asleep(clock);
    expect(parts.ended.aborted, "nobody knows the leases").to.equal(false);
    world.leases = 0;
    clock.move(1_000);
    await whenTrue(() => parts.ended.aborted, "it has ended");
  });

  it("stop --within ends in time whatever runs, and stop --now at once", async () => {
    const { parts, clock, world, command } = await setup();
    await parts.start();
    world.leases = 2;
    await command({ ...OPTIONS, within: "100" });
    clock.move(99_000);
    await asleep(clock);
    expect(parts.ended.aborted).to.equal(false);
    clock.move(1_000);
    await whenTrue(() => parts.ended.aborted, "it has ended");
    const other = await setup();
    await other.parts.start();
    other.world.leases = 2;
    expect(await codeOf(other.command({ ...OPTIONS, within: "soon" }))).to.equal("USAGE");
    const text = await other.command({ ...OPTIONS, now: true, json: false });
    expect(other.parts.ended.aborted).to.equal(true);
    expect(text).to.match(/2 leases are left as they are[\s\S]*go on running/);
  });

  /** The one who looks for the end has looked, and sleeps again. */
  async function asleep(clock: ManualClock): Promise<void> {
    await whenTrue(() => (clock.nextMs ?? 0) > 0, "it sleeps again");
  }

  async function whenTrue(ask: () => boolean, what: string): Promise<void> {
    await until(() => Promise.resolve(ask()), what, 30_000);
  }

  async function setup(busy = false) {
    const dataDir = mkdtempSync(join(tmpdir(), "fizz-owner-"));
    folders.push(dataDir);
    const clock = new ManualClock();
    const world: { leases: number | undefined; changes: number } = { leases: 0, changes: 0 };
    const parts = createOwnerParts(
      {
        ...{ clock, log: silentLog, leases: () => world.leases, subnetId: () => 3 },
        onChange: () => {
          world.changes += 1;
        },
        ...{ chain: new FakeChain(), snapshot: () => undefined },
        pricing: { price: () => Promise.reject(new Error("nobody asks")), report: () => undefined },
        gates: [],
      },
      {
        ...{ dataDir, agentVersion: "9.9", nodeId: 7n, startWindowSeconds: 300, noticeSeconds: 3_600 },
        diskMethod: "quota",
        ...{ calendar: parseCalendar("Mon-Sun 00:00-24:00 UTC".repeat(busy ? 1 : 0)), reclaims: false },
      },
    );
    stops.push(async () => {
      await parts.stop().catch(() => undefined);
    });
    const config = loadConfig({
      ...{ FIZZ_RPC_URL: "http://127.0.0.1:1", FIZZ_CONTRACTS: JSON.stringify(CONTRACTS) },
      FIZZ_NODE_DATA_DIR: dataDir,
    });
    const command = async (options: Parameters<typeof stop>[1]): Promise<string> => {
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      await stop({ config, log: silentLog, print, signal: never }, options);
      return lines.join("\n");
    };
    return await Promise.resolve({ dataDir, clock, world, parts, command });
  }
});
