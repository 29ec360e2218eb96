import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type Hex } from "viem";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { type DiskSpace } from "../../../node-agent/src/image-ports.ts";
import { ImageSupply } from "../../../node-agent/src/leases/image-supply.ts";
import { type Engine } from "../../../node-agent/src/ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { containerSpec, hashOf, storedLease } from "../support/builders.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { FakeImages, MemoryImages } from "../support/fake-images.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";

const APP = "registry.test/acme/app:1";
const digest = (of: string): string => `sha256:${of.repeat(64)}`;
const byDigest = (of: string): string => `registry.test/acme/app@${digest(of)}`;
const OWN = hashOf("lease");
const OTHER = hashOf("other lease");
const credentials = { registry: "registry.test", email: null, username: "ci", password: "secret" };

describe("ImageSupply", () => {
  it("gives all replicas, and a later start, the image that the tag meant first", async () => {
    const { machine, provide, restart } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    const first = await provide({ pullPolicy: "Always" });
    machine.registry.set(APP, { digest: digest("b") });
    expect(first).to.equal(byDigest("a"));
    expect(await provide({ pullPolicy: "Always", replica: 1 })).to.equal(byDigest("a"));
    machine.images.delete(byDigest("a"));
    expect(await restart()({ pullPolicy: "Always", replica: 2, boundPorts: [9_100] })).to.equal(
      byDigest("a"),
    );
    expect(machine.images.has(byDigest("a"))).to.equal(true);
  });

  it("asks again for a service whose spec changed, if the policy wants it", async () => {
    const { machine, provide } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    await provide({ pullPolicy: "Always" });
    machine.registry.set(APP, { digest: digest("b") });
    expect(await provide({ pullPolicy: "IfNotPresent", env: ["A=1"] })).to.equal(byDigest("a"));
    expect(await provide({ pullPolicy: "Always", env: ["A=1"] })).to.equal(byDigest("b"));
  });

  it("takes what the owner has, by its id, and remembers nothing of it", async () => {
    const { book, provide, asked } = await setup();
    expect(await provide({ image: "fizz/hello:1.0.0" })).to.match(/^sha256:[0-9a-f]{64}$/);
    expect([book.images(), asked]).to.deep.equal([[], []]);
  });

  it("never reads a name as the id of an image", async () => {
    const { machine, provide } = await setup();
    const id = await provide({ image: "fizz/hello:1.0.0" });
    for (const pullPolicy of ["Never", "IfNotPresent"] as const)
      expect(await codeOf(provide({ image: id, pullPolicy }, OTHER))).to.equal("IMAGE_PULL_FAILED");
    expect(machine.images.size).to.equal(1);
  });

  for (const image of [APP, byDigest("a")])
    it(`gives what came with credentials to nobody without: ${image.slice(0, 30)}`, async () => {
      const { machine, provide, asked } = await setup();
      machine.registry.set(APP, { digest: digest("a"), password: "secret" });
      expect(await provide({ image, credentials })).to.equal(byDigest("a"));
      for (const pullPolicy of ["Never", "IfNotPresent", "Always"] as const)
        expect(await codeOf(provide({ image, pullPolicy }, OTHER)), pullPolicy).to.equal("IMAGE_PULL_FAILED");
      const wrong = { ...credentials, password: "wrong" };
      expect(await codeOf(provide({ image, credentials: wrong }, OTHER))).to.equal("IMAGE_PULL_FAILED");
      const before = asked.length;
      expect(await provide({ image, credentials }, OTHER)).to.equal(byDigest("a"));
      expect(asked.length).to.equal(before + 1);
    });

  it("needs no registry for a lease that has its image", async () => {
    const { machine, provide, restart } = await setup();
    machine.registry.set(APP, { digest: digest("a"), password: "secret" });
    await provide({ credentials });
    machine.registry.clear();
    expect(await restart()({ credentials })).to.equal(byDigest("a"));
  });

  it("lets everybody have what a registry gives to everybody, without asking it again", async () => {
    const { machine, provide } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    await provide({});
    machine.registry.clear();
    expect(await provide({ pullPolicy: "Never" }, OTHER)).to.equal(byDigest("a"));
    expect(await codeOf(provide({ pullPolicy: "Always", env: ["A=1"] }, OTHER))).to.equal(
      "IMAGE_PULL_FAILED",
    );
  });

  it("refuses for good an image that is too large, before all of it is here where that is known", async () => {
    const { machine, hook, provide } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    machine.imageBytes = 12 * 2 ** 30;
    expect(await failure(provide({}))).to.deep.equal(["larger", false]);
    machine.images.delete(byDigest("a"));
    let isEnded = false;
    hook.pull = async (_spec, onProgress, signal) => {
      onProgress(1, 12 * 2 ** 30);
      await new Promise((resolve) => {
        if (signal.aborted) resolve(undefined);
        signal.addEventListener("abort", resolve);
      });
      isEnded = true;
      throw new ProtocolError("TIMEOUT", "stopped");
    };
    expect(await failure(provide({}))).to.deep.equal(["larger", false]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isEnded).to.equal(true);
  });

  it("pulls nothing onto a disk that is nearly full, and begins again when there is room", async () => {
    const { machine, disk, shortages, provide } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    disk.space = { freeBytes: 99n, totalBytes: 1_000n };
    expect(await failure(provide({}))).to.deep.equal(["full", true]);
    expect(shortages()).to.equal(1);
    disk.space = { freeBytes: 100n, totalBytes: 1_000n };
    expect(await provide({})).to.equal(byDigest("a"));
  });

  it("ends a pull that fills the disk", async () => {
    const { machine, hook, disk, clock, provide } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    hook.pull = async (_spec, onProgress, signal) => {
      disk.space = { freeBytes: 1n, totalBytes: 1_000n };
      clock.move(2_000);
      onProgress(1, 1);
      return await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(new ProtocolError("TIMEOUT", "stopped"));
        });
      });
    };
    expect(await failure(provide({}))).to.deep.equal(["full", true]);
  });

  it("writes down when an image was used, once in an hour", async () => {
    const { machine, book, clock, provide } = await setup();
    machine.registry.set(APP, { digest: digest("a") });
    await provide({});
    const [first] = book.images();
    clock.move(1_000);
    await provide({ replica: 1 });
    expect(book.images()).to.deep.equal([first]);
    clock.move(3_600_000);
    await provide({ replica: 2 });
    expect(book.images()).to.deep.equal([{ ...first, usedAt: clock.now() }]);
  });

  async function failure(promise: Promise<unknown>): Promise<unknown[]> {
    try {
      await promise;
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== "IMAGE_PULL_FAILED") return [error];
      return [/larger|full/.exec(error.message)?.[0], error.retryable];
    }
    return [];
  }

  async function setup() {
    const machine = new FakeMachine();
    const fake = new FakeEngine(machine, "node");
    const hook: { pull: Engine["provideImage"] } = { pull: async (spec) => await fake.provideImage(spec) };
    const engine: Pick<Engine, "provideImage"> = { provideImage: async (...ask) => await hook.pull(...ask) };
    const images = new FakeImages(machine);
    const book = new MemoryImages();
    const store = new MemoryStore();
    const clock = new ManualClock();
    for (const leaseHash of [OWN, OTHER]) await store.save(storedLease({ leaseHash }));
    const disk = { space: undefined as DiskSpace | undefined, read: () => Promise.resolve(disk.space) };
    let shortages = 0;
    const components = { engine, images, book, store, disk, clock, onShortage: () => (shortages += 1) };
    const restart = () => {
      const supply = new ImageSupply(components, { reserveBytes: 100n });
      return async (changes: Partial<ContainerSpec>, leaseHash: Hex = OWN): Promise<string> => {
        const spec = containerSpec({ image: APP, leaseHash, ...changes });
        const { signal } = new AbortController();
        return (await supply.provide(spec, { onProgress: () => undefined, signal })).reference;
      };
    };
    const { asked } = images;
    return {
      machine,
      hook,
      book,
      clock,
      disk,
      asked,
      provide: restart(),
      restart,
      shortages: () => shortages,
    };
  }
});
