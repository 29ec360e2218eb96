import type Dockerode from "dockerode";
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { Inspections } from "../../../node-agent/src/containers/inspections.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { HELLO_IMAGE } from "../../../scripts/lib/hello-image.ts";
import { requireDocker } from "../../compliance/engine-docker.ts";
import { heldProgram, letGo } from "../../support/held-program.ts";
import { until } from "../../support/until.ts";

const TIMEOUT_MS = 30_000;

describe("Inspections", function () {
  this.timeout(60_000);
  const node = `test-${process.pid}-${randomBytes(4).toString("hex")}`;
  const cleanup = new Cleanup();
  let docker: Dockerode;
  before(async function () {
    docker = (await requireDocker(this)).client;
    cleanup.defer("containers", async () => {
      for (const { Id } of await list()) await docker.getContainer(Id).remove({ force: true });
    });
  });
  after(() => cleanup.stop());

  it("looks again at what events tell of, and at everything while nobody listens", async () => {
    const [one, two] = [await started(), await started()];
    const asked: string[] = [];
    const inspections = new Inspections(noting(asked), node);
    const look = async (): Promise<string[]> => {
      asked.length = 0;
      const infos = await inspections.of(await list(), AbortSignal.timeout(TIMEOUT_MS));
      for (const info of infos) expect(info).to.deep.equal(await docker.getContainer(info.Id).inspect());
      return [...asked].sort();
    };
    const both = [one.id, two.id].sort();
    expect([await look(), await look()]).to.deep.equal([both, both]);

    const stop = new AbortController();
    let changes = 0;
    const watching = inspections.watch(() => (changes += 1), stop.signal);
    // The first look in which it is listened to is the last that asks for all.
    await until(async () => (await look()).length === 0, "what is known is kept", TIMEOUT_MS);
    await one.restart({ t: 0 });
    await until(() => Promise.resolve(changes >= 2), "its end and its start are told", TIMEOUT_MS);
    expect([await look(), await look()]).to.deep.equal([[one.id], []]);
    inspections.forget(two.id);
    expect([await look(), await look()]).to.deep.equal([[two.id], []]);
    await two.remove({ force: true });
    expect(
      (await inspections.of(await list(), AbortSignal.timeout(TIMEOUT_MS))).map(({ Id }) => Id),
    ).to.deep.equal([one.id]);
    stop.abort();
    await watching;
    expect([await look(), await look()]).to.deep.equal([[one.id], [one.id]]);
  });

  it("lists again after an event, after what the agent made, after a while, and at each look while nobody listens", async () => {
    await started();
    let asked = 0;
    const inspections = new Inspections(docker, node);
    const look = async (): Promise<number> => {
      asked = 0;
      const kept = await inspections.list(() => {
        asked += 1;
        return list();
      });
      expect(kept.map(({ Id }) => Id)).to.deep.equal((await list()).map(({ Id }) => Id));
      return asked;
    };
    expect([await look(), await look()]).to.deep.equal([1, 1]);

    const stop = new AbortController();
    let changes = 0;
    const watching = inspections.watch(() => (changes += 1), stop.signal);
    await until(async () => (await look()) === 0, "the list is kept", TIMEOUT_MS);
    await started();
    await until(() => Promise.resolve(changes > 0), "the start is told", TIMEOUT_MS);
    expect([await look(), await look()]).to.deep.equal([1, 0]);
    await created(["/bin/busybox", "sleep", "1"]);
    inspections.forgetList();
    expect([await look(), await look()]).to.deep.equal([1, 0]);
    await until(async () => (await look()) === 1, "it is asked again", 20_000);
    stop.abort();
    await watching;
    expect([await look(), await look()]).to.deep.equal([1, 1]);
  });

  it("tells that memory ended a container by the engine's events where its state does not", async () => {
    const ended = await created(heldProgram("dd if=/dev/zero of=/dev/shm/x bs=1M count=63"));
    await ended.start();
    await letGo(docker, ended.id);
    await ended.wait();
    const killed = await started();
    await killed.kill();
    // The engine hears of the end first, now and then; its state then says so for good.
    const inspections = new Inspections(forgettingMemory(), node);
    const infos = await inspections.of(await list(), AbortSignal.timeout(TIMEOUT_MS));
    const told = (id: string) => infos.find(({ Id }) => Id === id)?.State.OOMKilled;
    expect([told(ended.id), told(killed.id)]).to.deep.equal([true, false]);
  });

  /** The same engine, whose states never name memory. */
  function forgettingMemory(): Dockerode {
    const getContainer = (id: string) => ({
      inspect: async () => {
        const info = await docker.getContainer(id).inspect();
        return { ...info, State: { ...info.State, OOMKilled: false } };
      },
    });
    return new Proxy(docker, {
      get: (target, key) => {
        if (key === "getContainer") return getContainer;
        const member: unknown = Reflect.get(target, key);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  }

  async function list(): Promise<Dockerode.ContainerInfo[]> {
    return await docker.listContainers({ all: true, filters: { label: [`fizz.node=${node}`] } });
  }

  async function created(command?: string[]): Promise<Dockerode.Container> {
    const labels = { "fizz.node": node, "fizz.test": String(process.pid) };
    return await docker.createContainer({
      Image: HELLO_IMAGE,
      Labels: labels,
      HostConfig: { NetworkMode: "none", Memory: 32 * 1024 ** 2, MemorySwap: 32 * 1024 ** 2 },
      ...(command === undefined ? {} : { Cmd: command }),
    });
  }

  async function started(): Promise<Dockerode.Container> {
    const container = await created();
    await container.start();
    return container;
  }

  /** The same engine; notes which containers are asked for. */
  function noting(asked: string[]): Dockerode {
    return new Proxy(docker, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          if (key === "getContainer") asked.push(String(args[0]));
          return (member as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  }
});
