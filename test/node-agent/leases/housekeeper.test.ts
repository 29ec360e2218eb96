import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type DiskSpace } from "../../../node-agent/src/image-ports.ts";
import { Housekeeper } from "../../../node-agent/src/leases/housekeeper.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { FakeImages, MemoryImages } from "../support/fake-images.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { silentLog as log } from "../support/silent-log.ts";

const LOOK_MS = 30_000;
const SWEEP_MS = 600_000;
const DAY_MS = 86_400_000;
const reference = (name: string): string => `registry.test/${name}@sha256:${name.repeat(64)}`;

describe("Housekeeper", () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  it("removes what no lease needs when it is old, and nothing that the node did not pull", async () => {
    const { machine, book, store, move, start } = await setup();
    await store.save(storedLease({ images: { web: reference("a") } }));
    await store.save(
      storedLease({ leaseHash: hashOf("over"), images: { web: reference("b") }, removedAt: 1 }),
    );
    await start();
    expect(book.images()).to.have.length(3);
    await move(DAY_MS + 1);
    expect(book.images().map((image) => image.reference)).to.deep.equal([reference("a")]);
    expect([...machine.images]).to.deep.equal([
      "docker.io/fizz/hello:1.0.0",
      reference("a"),
      "owners@sha256:x",
    ]);
  });

  it("closes the node to orders while the disk is nearly full, and makes room at once", async () => {
    const { book, disk, changes, gate, move, start } = await setup();
    disk.space = { freeBytes: 500n << 20n, totalBytes: 1n << 40n };
    await start();
    expect(gate()).to.deep.include({ code: "node.disk", needs: "1024", has: "500", unit: "MiB" });
    expect(changes()).to.equal(1);
    expect(book.images()).to.deep.equal([]);
    disk.space = { freeBytes: 1n << 30n, totalBytes: 1n << 40n };
    await move(LOOK_MS);
    expect([gate(), changes()]).to.deep.equal([undefined, 2]);
  });

  it("takes orders on a disk that it cannot see", async () => {
    const { gate, changes, start } = await setup();
    await start();
    expect([gate(), changes()]).to.deep.equal([undefined, 0]);
  });

  it("looks at once when somebody found the disk nearly full", async () => {
    const { disk, gate, hurry, start } = await setup();
    await start();
    disk.space = { freeBytes: 0n, totalBytes: 1n << 40n };
    await hurry();
    expect(gate()?.code).to.equal("node.disk");
  });

  it("leaves everything as it is while the engine does not answer, or a container needs it", async () => {
    const { images, book, move, start } = await setup();
    const list = images.list.bind(images);
    images.list = () => Promise.reject(new ProtocolError("ENGINE_UNREACHABLE", "away"));
    images.remove = (name) => Promise.resolve(name !== reference("c"));
    await start();
    await move(DAY_MS + 1);
    expect(book.images()).to.have.length(3);
    images.list = list;
    await move(SWEEP_MS);
    expect(book.images().map((image) => image.reference)).to.deep.equal([reference("c")]);
  });

  async function setup() {
    const machine = new FakeMachine();
    const images = new FakeImages(machine);
    const book = new MemoryImages();
    const store = new MemoryStore();
    const clock = new ManualClock();
    for (const name of ["a", "b", "c"]) {
      machine.images.add(reference(name));
      await book.save({ name, reference: reference(name), isPublic: true, usedAt: clock.now() });
    }
    machine.images.add("owners@sha256:x");
    const disk = { space: undefined as DiskSpace | undefined, read: () => Promise.resolve(disk.space) };
    let changes = 0;
    const housekeeper = new Housekeeper(
      { images, book, store, disk, clock, log, onChange: () => (changes += 1) },
      { disk: { reserveBytes: 1n << 30n }, imageRule: { maxAgeMs: DAY_MS, maxBytes: 1n << 40n } },
    );
    ends.push(() => housekeeper.stop());
    const settled = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    const start = async (): Promise<void> => {
      housekeeper.start();
      await settled();
    };
    const move = async (ms: number): Promise<void> => {
      clock.move(ms);
      await settled();
    };
    const hurry = async (): Promise<void> => {
      housekeeper.hurry();
      await settled();
    };
    const gate = () => housekeeper.gate();
    return { machine, images, book, store, disk, gate, move, start, hurry, changes: () => changes };
  }
});
