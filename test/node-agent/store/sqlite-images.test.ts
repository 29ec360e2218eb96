import { expect } from "chai";
import { type ImageBook } from "../../../node-agent/src/image-ports.ts";
import { MAX_PULLED_IMAGES, SqliteImages } from "../../../node-agent/src/store/sqlite-images.ts";
import { MemoryImages } from "../support/fake-images.ts";
import { StateFolder } from "../support/state.ts";

const image = (name: string, reference: string, usedAt = 1) => ({ name, reference, isPublic: true, usedAt });
const folders: StateFolder[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

const books: Record<string, () => Promise<ImageBook>> = {
  "in memory": async () => await Promise.resolve(new MemoryImages()),
  "in the state": async () => (await setup()).book,
};
for (const [where, make] of Object.entries(books))
  describe(`ImageBook ${where}`, () => {
    it("knows what was saved last under a name, and all that was saved", async () => {
      const book = await make();
      await book.save(image("app:1", "app@a"));
      await book.save(image("app:1", "app@b"));
      await book.save(image("app:2", "app@b"));
      expect(book.find("app:1")?.reference).to.equal("app@b");
      await book.save(image("app:1", "app@a", 2));
      expect(book.find("app:1")).to.deep.equal(image("app:1", "app@a", 2));
      expect(book.images()).to.have.length(3);
    });

    it("forgets an image by all of its names", async () => {
      const book = await make();
      for (const tag of ["app:1", "app:2"]) await book.save(image(tag, "app@a"));
      await book.save(image("app:1", "app@b"));
      await book.remove("app@a");
      await book.remove("app@a");
      expect(book.images()).to.deep.equal([image("app:1", "app@b")]);
      expect(book.find("app:2")).to.equal(undefined);
    });
  });

describe("SqliteImages", () => {
  it("has everything again after a restart, in the same order", async () => {
    const { book, reopen } = await setup();
    for (const name of ["a", "b", "c", "a"]) await book.save(image(name, `${name}@1`));
    await book.remove("c@1");
    const again = await reopen();
    expect(again.images()).to.deep.equal([image("b", "b@1"), image("a", "a@1")]);
  });

  it(`remembers the newest ${MAX_PULLED_IMAGES}`, async () => {
    const { book, reopen } = await setup();
    const names = Array.from({ length: MAX_PULLED_IMAGES + 2 }, (_, at) => `${at}`);
    await Promise.all(names.map((name) => book.save(image(name, `${name}@1`))));
    const kept = names.slice(2).map((name) => image(name, `${name}@1`));
    expect(book.images()).to.deep.equal(kept);
    expect((await reopen()).images()).to.deep.equal(kept);
  });
});

async function setup() {
  const folder = await StateFolder.make();
  folders.push(folder);
  const open = async (): Promise<SqliteImages> => {
    const book = new SqliteImages({ database: await folder.reopen() });
    book.start();
    return book;
  };
  return { book: await open(), reopen: open };
}
