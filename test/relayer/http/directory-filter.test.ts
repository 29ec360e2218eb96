import { expect } from "chai";
import { eventually } from "../support/builders.ts";
import { type DirectoryWorld, directoryWorld, serveDirectory } from "../support/directory-world.ts";
import { EventReader } from "../support/event-reader.ts";

describe("the directory as a stream of what matches", () => {
  const running: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("begins with the nodes that match, and tells of no others", async () => {
    const { world, read } = await setup();
    for (let id = 1n; id <= 410n; id += 1n)
      await world.join(id, { facts: { region: id > 405n ? "fr" : "de" } });
    await calm(world);
    const reader = await read("?region=fr&online=true");
    await eventually(() => reader.of("beat").length > 0);
    expect([...reader.known().keys()]).to.deep.equal([406, 407, 408, 409, 410]);
    expect(reader.of("snapshot"), "no part for those that do not").to.have.lengthOf(1);
    world.nodes.offline(1n);
    world.nodes.offline(406n);
    await eventually(() => reader.of("delta").length > 0);
    expect([...reader.known().keys()]).to.deep.equal([407, 408, 409, 410]);
    expect(reader.of("delta").at(-1)?.data).to.include('"removed":["406"],"nodes":[]');
    world.nodes.online(406n);
    await eventually(() => reader.known().has(406));
    expect(reader.of("delta").every(({ data }) => !data.includes('"nodeId":"1"'))).to.equal(true);
  });

  it("makes one message of many changes for all who ask for the same, in whatever order", async () => {
    const { world, read } = await setup();
    for (let id = 1n; id <= 3n; id += 1n) await world.join(id);
    await calm(world);
    const readers = [await read("?mode=fizz&online=true"), await read("?online=true&mode=fizz")];
    await eventually(() => readers.every((reader) => reader.of("beat").length > 0));
    const before = readers.map((reader) => reader.of("delta").length);
    for (let n = 0; n < 5; n += 1) {
      world.nodes.offline(1n);
      world.nodes.online(1n);
    }
    world.nodes.offline(1n);
    await eventually(() => readers.every((reader) => !reader.known().has(1)));
    const after = readers.map((reader, at) => reader.of("delta").slice(before[at]));
    expect(after.map((deltas) => deltas.length)).to.deep.equal([1, 1]);
    expect(after[0]).to.deep.equal(after[1]);
  });

  it("goes on from a cursor, and tells what stopped to match meanwhile", async () => {
    const { world, read } = await setup();
    for (let id = 1n; id <= 3n; id += 1n) await world.join(id);
    const first = await read("?online=true");
    await eventually(() => first.of("beat").length > 0);
    const [known, cursor] = [first.known(), first.cursor];
    first.stop();
    world.nodes.offline(2n);
    await eventually(() => world.feed.since(world.feed.positionOf(cursor) ?? 0)?.isEmpty === false);
    const next = await read(`?online=true&cursor=${cursor}`);
    await eventually(() => next.of("beat").length > 0);
    expect(next.of("snapshot")).to.deep.equal([]);
    expect([...next.known(known).keys()]).to.deep.equal([1, 3]);
  });

  it("refuses a wish that it does not know, and prices without a token", async () => {
    const { url } = await setup();
    for (const query of ["regions=fr", "online=maybe", "maxCpuPerHour=1", "sort=price", "limit=3"]) {
      const answer = await fetch(`${url}/v1/nodes/stream?${query}`);
      expect(await answer.json(), query).to.have.nested.property("error.code", "INPUT_INVALID");
    }
  });

  /** Waits until nothing is left to tell. */
  async function calm({ feed }: DirectoryWorld): Promise<void> {
    for (let before = -1; before !== feed.position;) {
      before = feed.position;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  async function setup() {
    const world = directoryWorld({ feed: { calmMs: 20 } });
    world.feed.start();
    const { server, url } = await serveDirectory(world);
    running.push(async () => {
      world.feed.stop();
      await server.stop();
    });
    const read = async (query: string): Promise<EventReader> => {
      const reader = new EventReader(`${url}/v1/nodes/stream${query}`);
      running.push(() => {
        reader.stop();
      });
      expect((await reader.begin()).statusCode).to.equal(200);
      return reader;
    };
    return { world, url, read };
  }
});
