import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../relayer/support/builders.ts";
import { NetworkSuite } from "./support/network-suite.ts";

const HUGE_BYTES = 4 * 2 ** 30;
const BIG_BYTES = 64 * 1024 * 1024;
const hashOf = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

describe("fizz deployment cp", function () {
  this.timeout(300_000);
  const suite = NetworkSuite.use();
  beforeEach(async () => {
    await rm(join(suite.network.files, "data"), { recursive: true, force: true });
    await mkdir(join(suite.network.files, "data"));
  });
  const inContainer = (path: string): string => join(suite.network.files, path);
  const here = (path: string): string => join(suite.home.folder, path);

  it("carries a file of 64 MiB in and out again, byte for byte", async () => {
    const lid = await suite.createLease();
    await writeFile(here("big"), randomBytes(BIG_BYTES));
    const up = await suite.run(["deployment", "cp", "--lid", lid, here("big"), "web:/data/"]);
    expect(up.code, up.stderr).to.equal(0);
    expect(up.stderr).to.contain("copied 1 file to web:/data/");
    const down = await suite.run(["deployment", "cp", "--lid", lid, "web/0:/data/big", here("back")]);
    expect(down.code, down.stderr).to.equal(0);
    const hash = await hashOf(here("big"));
    expect(await hashOf(inContainer("data/big"))).to.equal(hash);
    expect(await hashOf(here("back"))).to.equal(hash);
    // Data goes to standard output, and there is none; progress is for terminals.
    expect([up.stdout, down.stdout]).to.deep.equal(["", ""]);
    expect(up.stderr).not.to.contain("\r");
  });

  it("carries a folder with what is in it, under another name too", async () => {
    const lid = await suite.createLease();
    await mkdir(here("tree/sub"), { recursive: true });
    await writeFile(here("tree/sub/ä file"), "content");
    const cp = ["deployment", "cp", "--lid", lid];
    for (const target of ["web:/data", "web:/data/renamed"])
      expect((await suite.run([...cp, here("tree"), target])).code).to.equal(0);
    for (const name of ["tree", "renamed"])
      expect(await readFile(inContainer(`data/${name}/sub/ä file`), "utf8")).to.equal("content");
    const down = await suite.run([...cp, "web:/data/renamed", here("back")]);
    expect(down.code, down.stderr).to.equal(0);
    expect(await readFile(here("back/sub/ä file"), "utf8")).to.equal("content");
    // Now it is a folder: the copy goes into it, and a second one finds its name taken.
    expect((await suite.run([...cp, "web:/data/renamed", here("back")])).code).to.equal(0);
    expect(await readFile(here("back/renamed/sub/ä file"), "utf8")).to.equal("content");
    const again = await suite.run([...cp, "web:/data/renamed", here("back")]);
    expect([again.code, again.stderr.includes("is there already")], again.stderr).to.deep.equal([2, true]);
  });

  it("leaves nothing under the name when it is interrupted", async () => {
    const lid = await suite.createLease();
    await writeFile(inContainer("data/big"), "");
    // Takes no room, and longer than it takes to interrupt it.
    await truncate(inContainer("data/big"), HUGE_BYTES);
    const before = (await readdir(suite.home.folder)).sort();
    const interrupt = new AbortController();
    const cp = ["deployment", "cp", "--lid", lid, "web:/data/big", here("half")];
    const running = suite.run(cp, { signal: interrupt.signal });
    await eventually(async () =>
      (await readdir(suite.home.folder)).some((name) => name.startsWith(".fizz-copy-")),
    );
    interrupt.abort();
    expect((await running).code).to.equal(130);
    const state = (name: string): boolean => !before.includes(name) && name !== ".local";
    expect((await readdir(suite.home.folder)).filter(state)).to.deep.equal([]);
  });

  it("says what is wrong: no such file on either side, no container, both sides", async () => {
    const lid = await suite.createLease();
    const cp = async (from: string, to: string) =>
      await suite.run(["deployment", "cp", "--lid", lid, from, to, "--explain"]);
    const none = await cp("web:/data/none", here("x"));
    expect([none.code, none.stderr.includes("No such file")], none.stderr).to.deep.equal([6, true]);
    expect((await readdir(suite.home.folder)).filter((name) => name.startsWith("x"))).to.deep.equal([]);
    for (const [from, to] of [
      [here("none"), "web:/data"],
      [here("web.yaml"), here("other")],
      ["web:/a", "web:/b"],
      [here("web.yaml"), "web:data"],
    ] as const)
      expect((await cp(from, to)).code, `${from} ${to}`).to.equal(2);
    const folder = await cp(here("web.yaml"), "web:/none/");
    expect([folder.code, folder.stderr.includes("no folder")], folder.stderr).to.deep.equal([6, true]);
  });
});
