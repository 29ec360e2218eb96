import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { type ContainerInspectInfo } from "dockerode";
import { expect } from "chai";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { LABEL } from "../../../node-agent/src/containers/labels.ts";
import { readable } from "../../../node-agent/src/containers/readable.ts";
import { SANDBOX_IMAGE } from "../../../node-agent/src/containers/sandbox-image.ts";
import {
  attachInput,
  type RulesToSet,
  setRules,
  takesRules,
} from "../../../node-agent/src/containers/sandbox-input.ts";
import { sandboxRules } from "../../../node-agent/src/domain/sandbox-rules.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { until } from "../../support/until.ts";
import { containerSpec, hashOf } from "../support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);
const PLACE = { subnet: "198.51.100.2/24", gateway: "198.51.100.1", hostAddresses: [], resolvers: [] };
const SLEEPS = "sleep 2147483647";
const RULES = sandboxRules(PLACE, { blocked: [], allowed: [] });

describe("The rules of a sandbox", function () {
  this.timeout(90_000);
  const leaseHash = hashOf(`sandbox input ${randomBytes(8).toString("hex")}`);
  const label = `${LABEL.lease}=${leaseHash}`;
  let docker: Docker;
  let engine: DockerEngine;
  let sandbox: Docker.Container;

  before(async function () {
    const found = await requireDocker(this);
    docker = found.client;
    engine = testNode(found);
    const spec = containerSpec({ leaseHash, command: ["/bin/sh", "-c", "sleep 1000"] });
    await engine.create(spec, hashOf("input").slice(2), signal());
    const filters = { label: [label, `${LABEL.role}=sandbox`] };
    const [made] = await docker.listContainers({ all: true, filters });
    sandbox = docker.getContainer(made?.Id ?? "");
  });

  beforeEach(async () => {
    await sandbox.stop({ t: 0 }).catch(() => undefined);
  });

  after(async () => {
    for (const { id } of (await engine.observe(signal())).filter((one) => one.leaseHash === leaseHash))
      await engine.remove(id, signal());
    await engine.removeLease(leaseHash, signal());
  });

  it("are set by its first process, which is nobody after that, without a program of its own", async () => {
    const programs = await programsRun();
    await give({ rules: RULES, kbit: 8_000 });
    expect(programs()).to.equal(0);
    expect(await run("nft list table inet fizz")).to.include("ip daddr 198.51.100.0/24 accept");
    expect(await run("/sbin/tc qdisc show dev eth0")).to.include("rate 8Mbit");
    await isNobody();
  });

  it("are set by a program where it runs already", async () => {
    await sandbox.start();
    const { id } = await observed();
    const programs = await programsRun();
    await engine.start(id, signal());
    await until(() => Promise.resolve(programs() === 1), "a program ran in it");
    expect(await run("nft list table inet fizz")).to.include("@blocked jump refuse");
    await engine.stop(id, 0, signal());
  });

  it("are none when they cannot be read: the tools' words are told, and it does not run on", async () => {
    await expectRefused(give({ rules: "table inet fizz {\n nonsense\n", kbit: 0 }), /nonsense|syntax/);
    await until(async () => !(await sandbox.inspect()).State.Running, "it has ended");
  });

  it("are set, however much the tools have to say before", async () => {
    await giveToOneThatSays("seq 1000 >&2; echo ready");
  });

  it("are not set by one that speaks of it, and ends", async () => {
    await expectRefused(giveToOneThatSays("echo not ready; exit"), /not ready/);
  });

  it("are refused by a program that cannot read them, too, and those before stay", async () => {
    await give({ rules: RULES, kbit: 0 });
    const wrong = { rules: "table inet fizz {\n nonsense\n", kbit: 0 };
    await expectRefused(setRules(sandbox, wrong, signal()), /code 1.*(nonsense|syntax)/s);
    expect(await run("nft list table inet fizz")).to.include("198.51.100.0/24 accept");
  });

  it("are those of a closed one when its input ends without any", async () => {
    const input = await attachInput(sandbox, signal());
    await sandbox.start();
    input.close();
    await isNobody();
    const table = await run("nft list table inet fizz");
    expect(table).to.include("policy drop").and.to.not.include("accept");
  });

  it("come in time or not at all", async () => {
    const over = new AbortController();
    const input = await attachInput(sandbox, over.signal);
    const set = input.setRules({ rules: RULES, kbit: 0 });
    over.abort();
    const error = await set.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).to.include({ code: "TIMEOUT" });
  });

  it("go to the input of one that is about to start and whose image reads them", async () => {
    const info = await sandbox.inspect();
    expect(info.Config.Image).to.equal(SANDBOX_IMAGE);
    expect(takesRules(info)).to.equal(true);
    const { State: state, Config: config } = info;
    const with_ = (change: object): ContainerInspectInfo => ({ ...info, ...change });
    expect(takesRules(with_({ State: { ...state, Running: true } }))).to.equal(false);
    expect(takesRules(with_({ Config: { ...config, OpenStdin: false } }))).to.equal(false);
    expect(takesRules(with_({ Config: { ...config, Labels: {} } }))).to.equal(false);
  });

  /** A container that takes the rules as a sandbox does, and says what `says` prints. */
  async function giveToOneThatSays(says: string): Promise<void> {
    const talker = await docker.createContainer({
      Image: SANDBOX_IMAGE,
      Entrypoint: ["/bin/sh", "-c", `cat > /dev/null; ${says}; exec sleep 1000`],
      Labels: { [LABEL.lease]: leaseHash },
      OpenStdin: true,
      StdinOnce: true,
    });
    try {
      await give({ rules: RULES, kbit: 0 }, talker);
    } finally {
      await talker.remove({ force: true });
    }
  }

  async function give(set: RulesToSet, to = sandbox): Promise<void> {
    const input = await attachInput(to, signal());
    try {
      await to.start();
      await input.setRules(set);
    } finally {
      input.close();
    }
  }

  async function observed() {
    const found = (await engine.observe(signal())).find((container) => container.leaseHash === leaseHash);
    if (found === undefined) throw new Error("there is no container");
    return found;
  }

  /** Counts the programs that are started in containers of the lease from now on. */
  async function programsRun(): Promise<() => number> {
    const filters = { label: [label], event: ["exec_create"] };
    const events = readable(await docker.getEvents({ filters, abortSignal: signal() }));
    let count = 0;
    events.on("error", () => undefined).on("data", () => (count += 1));
    return () => count;
  }

  async function run(command: string): Promise<string> {
    const session = await engine.exec(
      sandbox.id,
      { command: ["/bin/sh", "-c", command], terminal: null },
      signal(),
    );
    let text = "";
    for await (const { bytes } of session.output) text += Buffer.from(bytes).toString();
    session.close();
    return text;
  }

  async function isNobody(): Promise<void> {
    await until(async () => {
      const { Processes: rows } = (await sandbox.top()) as { readonly Processes: readonly string[][] };
      return rows.some(([user = "", ...rest]) => /^(nobody|65534)$/.test(user) && rest.at(-1) === SLEEPS);
    }, "it is nobody, and sleeps");
  }

  async function expectRefused(set: Promise<void>, words: RegExp): Promise<void> {
    const error = await set.then(
      () => undefined,
      (cause: unknown) => cause as Error,
    );
    expect(error).to.include({ code: "ENGINE_FAILED" });
    expect(error?.message).to.match(words);
  }
});
