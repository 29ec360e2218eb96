import { expect } from "chai";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { type Hex } from "viem";
import { DockerImages } from "../../../node-agent/src/containers/docker-images.ts";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { SANDBOX_IMAGE } from "../../../node-agent/src/containers/sandbox-image.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { ContainerSteps } from "../../../node-agent/src/leases/container-steps.ts";
import { Housekeeper } from "../../../node-agent/src/leases/housekeeper.ts";
import { ImageSupply } from "../../../node-agent/src/leases/image-supply.ts";
import { LeaseLog } from "../../../node-agent/src/leases/lease-log.ts";
import { createStores } from "../../../node-agent/src/app-stores.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { codeOf } from "../../support/code-of.ts";
import { hasRegistry, pushImage, REGISTRY_USER, startRegistry } from "../../support/registry.ts";
import { until } from "../../support/until.ts";
import { containerSpec, hashOf, storedLease } from "../support/builders.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { StateFolder } from "../support/state.ts";

const OWN = hashOf(`private ${process.pid}`);
const OTHER = hashOf(`other ${process.pid}`);
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

describe("an image of a private registry", function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  let docker: Dockerode;
  let engine: DockerEngine;
  let world: Awaited<ReturnType<typeof setup>>;
  let image = "";

  before(async function () {
    if (!hasRegistry()) this.skip();
    const found = await requireDocker(this);
    docker = found.client;
    engine = testNode(found);
    world = await setup(found.host);
  });

  after(async () => {
    await cleanup.stop();
  });

  it("is refused for good with a wrong password, which nobody is told", async () => {
    const password = "wrong-but-secret";
    const credentials = { ...world.credentials, password };
    expect(await codeOf(world.create({ image, credentials }))).to.equal("IMAGE_PULL_FAILED");
    const failed = () => world.journal.read(OWN, 0).find(({ code }) => code === "image.pull.failed");
    await until(() => Promise.resolve(failed() !== undefined), "the event is on the disk", 20_000);
    const event = failed();
    expect(event?.data).to.deep.equal({ final: true });
    expect(event?.message).to.match(/unauthorized|denied/i);
    expect(JSON.stringify([world.journal.read(OWN, 0), world.failures])).to.not.contain(password);
  });

  it("comes over TLS with the right one, which stays in memory", async () => {
    await world.create({ image, credentials: world.credentials });
    const info = await containerOf(OWN, 0);
    expect(info.Config.Image).to.match(/^127\.0\.0\.1:\d+\/acme\/secret@sha256:[0-9a-f]{64}$/);
    const told = [info, await docker.getImage(info.Image).inspect(), world.journal.read(OWN, 0)];
    const written = await Promise.all(
      [...(await world.files()), join(homedir(), ".docker/config.json")].map(textOf),
    );
    expect(JSON.stringify([told, written])).to.not.contain(REGISTRY_USER.password);
    expect(written.join().length).to.be.greaterThan(1_000);
    expect(world.store.find(OWN)?.images).to.not.deep.equal({});
  });

  it("is not for another tenant who has no credentials, by whatever name and policy", async () => {
    const byDigest = (await containerOf(OWN, 0)).Config.Image;
    const byId = (await docker.getImage(byDigest).inspect()).Id;
    for (const name of [image, byDigest, byId])
      for (const pullPolicy of ["IfNotPresent", "Never", "Always"] as const) {
        const wanted = { image: name, pullPolicy, leaseHash: OTHER };
        expect(await codeOf(world.create(wanted)), `${name} ${pullPolicy}`).to.equal("IMAGE_PULL_FAILED");
      }
  });

  it("is the same for a replica when its tag has moved, and another for a lease that comes then", async () => {
    await pushImage(docker, { from: SANDBOX_IMAGE, to: image, auth: REGISTRY_USER });
    const { credentials } = world;
    await world.create({ image, credentials, replica: 1 });
    await world.create({ image, credentials, leaseHash: OTHER });
    const [first, second, other] = [
      await containerOf(OWN, 0),
      await containerOf(OWN, 1),
      await containerOf(OTHER, 0),
    ];
    expect(second.Config.Image).to.equal(first.Config.Image);
    expect(other.Config.Image).to.not.equal(first.Config.Image);
    // What was pulled has no tag: none of the owner's was moved.
    expect((await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])).to.not.include(image);
  });

  it("goes when no lease needs it any more, and nothing else goes with it", async () => {
    const { store, book, images } = world;
    const kept = (await containerOf(OWN, 0)).Config.Image;
    const gone = (await containerOf(OTHER, 0)).Config.Image;
    await engine.remove((await containerOf(OTHER, 0)).Id, signal());
    await store.change(OTHER, (lease) => ({ ...lease, images: {} }));
    const disk = { read: () => Promise.resolve({ freeBytes: 0n, totalBytes: 1n }) };
    const housekeeper = new Housekeeper(
      { images, book, store, disk, clock, log, onChange: () => undefined },
      { disk: { reserveBytes: 1n << 50n }, imageRule: { maxAgeMs: 0, maxBytes: 0n } },
    );
    housekeeper.start();
    await until(() => Promise.resolve(book.images().length === 1), "the image is gone", 20_000);
    await housekeeper.stop();
    expect(await images.find(gone)).to.equal(undefined);
    for (const name of [kept, "docker.io/fizz/hello:1.0.0", `docker.io/${SANDBOX_IMAGE}`])
      expect(await images.find(name), name).to.not.equal(undefined);
  });

  async function containerOf(leaseHash: Hex, replica: number): Promise<Dockerode.ContainerInspectInfo> {
    const all = await engine.observe(signal());
    const found = all.find((one) => one.leaseHash === leaseHash && one.replica === replica);
    return await docker.getContainer(found?.id ?? "none").inspect();
  }

  async function setup(dockerHost: string) {
    const host = await startRegistry(cleanup, { isPrivate: true });
    image = `${host}/acme/secret:1`;
    await pushImage(docker, { from: "fizz/hello:1.0.0", to: image, auth: REGISTRY_USER });
    const folder = await StateFolder.make();
    cleanup.defer("state", () => folder.remove());
    const images = new DockerImages({ host: dockerHost });
    const stores = createStores({ database: await folder.open(), clock, log });
    const { store, journal, book } = stores.ports;
    await stores.start();
    for (const leaseHash of [OWN, OTHER]) await store.save(storedLease({ leaseHash }));
    const disk = {
      read: () => Promise.resolve(undefined),
    };
    const supply = new ImageSupply(
      { engine, images, book, store, disk, clock, onShortage: () => undefined },
      { reserveBytes: 0n },
    );
    const steps = new ContainerSteps({ engine, images: supply, store, clock });
    cleanup.defer("containers", async () => {
      for (const { id } of await engine.observe(signal())) await engine.remove(id, signal());
      for (const leaseHash of [OWN, OTHER]) await engine.removeLease(leaseHash, signal());
      for (const { reference } of book.images()) await images.remove(reference, signal());
    });
    const failures: unknown[] = [];
    const create = async (changes: Partial<ContainerSpec>): Promise<void> => {
      const { leaseHash = OWN, replica = 0 } = changes;
      const spec = containerSpec({ leaseHash, command: ["/bin/sh"], ...changes });
      const context = { leaseHash, log: new LeaseLog(journal, leaseHash), signal: signal() };
      const desired = { spec, digest: `${leaseHash.slice(2, 10)}${replica}` };
      const onFailure = (...told: unknown[]): void => void failures.push(told);
      try {
        await steps.perform({ type: "create", desired }, { ...context, onFailure });
      } catch (error) {
        failures.push(error, String(error), (error as Error).cause);
        throw error;
      }
    };
    const files = async (): Promise<string[]> =>
      (await readdir(folder.path)).map((name) => join(folder.path, name));
    const credentials = { registry: host, email: null, ...REGISTRY_USER };
    return { store, book, images, journal, failures, create, files, credentials };
  }
});

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
