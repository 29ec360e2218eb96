import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { partsOf, staysInside } from "../../cli/src/copy/archive-rules.ts";
import { CopyProgress } from "../../cli/src/copy/copy-progress.ts";
import { findFiles, packFiles } from "../../cli/src/copy/pack-files.ts";
import { localPlace, receiveFiles } from "../../cli/src/copy/receive-files.ts";
import { type ArchiveEntry, archiveEnd, paddingOf, tarHeader } from "../../cli/src/copy/tar-header.ts";
import { unpackArchive, type UnpackInit } from "../../cli/src/copy/unpack-archive.ts";
import { Terminal } from "../../cli/src/output/terminal.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { codeOf } from "../support/code-of.ts";

const base = { mode: 0o644, mtime: 1_700_000_000, size: 0 } as const;
const folder = (name: string): ArchiveEntry => ({ ...base, name, type: "folder", mode: 0o755 });
const linkTo = (name: string, target: string): ArchiveEntry => ({ ...base, name, type: "link", target });

/** A file, or anything else by its type's letter. */
function file(name: string, content = "x", flag?: string): Uint8Array {
  const bytes = Buffer.from(content);
  const header = tarHeader({ ...base, name, type: "file", size: bytes.length });
  if (flag !== undefined) retype(header, flag);
  return Buffer.concat([header, bytes, paddingOf(bytes.length)]);
}

function retype(header: Uint8Array, flag: string): void {
  header[156] = flag.charCodeAt(0);
  header.fill(32, 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}

describe("names in an archive of a node", () => {
  it("are walked down below what was asked for", () => {
    expect(partsOf("./data/a/b", "data")).to.deep.equal(["a", "b"]);
    expect(partsOf("data/", "data")).to.deep.equal([]);
    expect(partsOf("./", "")).to.deep.equal([]);
    expect(partsOf("./etc/x", "")).to.deep.equal(["etc", "x"]);
  });

  for (const name of [
    ...["/etc/passwd", "data/../../x", "..", "../data/x", "data/./x", "data//x", "", ".", "other/x", "dat"],
    ...["data/a\0b", `data/${"x/".repeat(200)}y`, `data/${"x".repeat(5_000)}`, "./../data", "/data/x"],
  ])
    it(`are refused as ${JSON.stringify(name.slice(0, 30))}`, async () => {
      expect(await codeOf(Promise.resolve().then(() => partsOf(name, "data")))).to.equal("ARCHIVE_REFUSED");
    });

  it("are shown without what a terminal would obey", async () => {
    const refusal = await Promise.resolve()
      .then(() => partsOf("\u001b]0;title\u0007", "data"))
      .catch((error: unknown) => error as ProtocolError);
    expect((refusal as ProtocolError).message).not.to.match(/[\u0000-\u001f]/);
  });
});

describe("links in an archive of a node", () => {
  it("stay inside by where they lead, not by where they seem to", () => {
    for (const [target, at] of [
      ["b", "a"],
      ["./b/c", "a"],
      ["../b", "dir/a"],
      ["..", "dir/a"],
      ["../../b", "x/y/a"],
    ] as const)
      expect(staysInside(target, at.split("/")), `${at} -> ${target}`).to.equal(true);
    for (const [target, at] of [
      ["/etc/passwd", "a"],
      ["..", "a"],
      ["../b", "a"],
      ["../../b", "dir/a"],
      // Through another link `deep/up -> ..` this would lead out.
      ["deep/up/..", "a"],
      ["b/../c", "a"],
      ["", "a"],
    ] as const)
      expect(staysInside(target, at.split("/")), `${at} -> ${target}`).to.equal(false);
  });
});

describe("unpacking an archive of a node", function () {
  this.timeout(60_000);
  let home = "";
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "fizz-copy-test-"));
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  const unpack = async (parts: readonly Uint8Array[], changes: Partial<UnpackInit> = {}, chunk = 10_000) => {
    const bytes = Buffer.concat(parts);
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += chunk)
        yield await Promise.resolve(bytes.subarray(at, at + chunk));
    }
    return await unpackArchive(chunks(), { root: "data", into: join(home, "out"), ...changes });
  };
  const treeOf = async (path = home): Promise<string[]> =>
    (await readdir(path, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();

  it("makes files, folders and links that stay inside, whatever the size of the pieces", async () => {
    const archive = [
      tarHeader(folder("data")),
      tarHeader(folder("data/sub")),
      file("data/sub/one", "first"),
      tarHeader(linkTo("data/link", "sub/one")),
      file("data/ünï", "second"),
      archiveEnd(),
    ];
    for (const chunk of [1, 511, 100_000]) {
      const into = join(home, `out-${chunk}`);
      expect(await unpack(archive, { into }, chunk)).to.deep.equal({ isFolder: true, files: 2, leftOut: 0 });
      expect(await treeOf(into)).to.deep.equal(["link", "sub", "sub/one", "ünï"]);
      expect(await readFile(join(into, "link"), "utf8")).to.equal("first");
    }
  });

  it("takes set-user-id bits off, and can always clean a folder up", async () => {
    const bad = tarHeader({ ...base, name: "data/su", type: "file", mode: 0o6755 });
    await unpack([tarHeader({ ...folder("data"), mode: 0 }), bad, archiveEnd()]);
    expect((await stat(join(home, "out", "su"))).mode & 0o7000).to.equal(0);
    expect((await stat(join(home, "out"))).mode & 0o700).to.equal(0o700);
  });

  const hostile: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ["a name above", [tarHeader(folder("data")), file("data/../evil")]],
    ["an absolute name", [tarHeader(folder("data")), file("/tmp/fizz-evil")]],
    ["another name", [file("evil")]],
    [
      "a file through a link",
      [tarHeader(folder("data")), tarHeader(linkTo("data/l", "..")), file("data/l/evil")],
    ],
    ["a file in place of a link", [tarHeader(folder("data")), file("data/a"), file("data/a")]],
    ["a folder twice", [tarHeader(folder("data")), tarHeader(folder("data"))]],
    ["a file without its folder", [tarHeader(folder("data")), file("data/no/evil")]],
    ["a link alone", [tarHeader(linkTo("data", "/etc/passwd"))]],
    ["a device alone", [file("data", "", "3")]],
    ["nothing", []],
  ];
  for (const [what, parts] of hostile)
    it(`refuses ${what}, and nothing is beside`, async () => {
      const inside = join(home, "in", "staging");
      await mkdir(inside, { recursive: true });
      const code = await codeOf(unpack([...parts, archiveEnd()], { into: join(inside, "content") }));
      expect(code).to.equal("ARCHIVE_REFUSED");
      expect((await treeOf()).filter((name) => name.includes("evil"))).to.deep.equal([]);
    });

  it("leaves out devices, and links that lead out, and goes on", async () => {
    const archive = [
      tarHeader(folder("data")),
      file("data/dev", "", "4"),
      file("data/fifo", "", "6"),
      file("data/strange", "with content", "Z"),
      tarHeader(linkTo("data/passwd", "/etc/passwd")),
      tarHeader(linkTo("data/up", "../../..")),
      file("data/last", "there"),
      archiveEnd(),
    ];
    const unpacked = await unpack(archive).catch((error: unknown) => error);
    expect(unpacked).to.deep.equal({ isFolder: true, files: 1, leftOut: 5 });
    expect(await treeOf()).to.deep.equal(["out", "out/last"]);
  });

  it("makes a hard link to a file that came, and to nothing else", async () => {
    const second = (target: string): Uint8Array => {
      const header = tarHeader(linkTo("data/second", target));
      retype(header, "1");
      return header;
    };
    const start = [tarHeader(folder("data")), file("data/first", "same")];
    await unpack([...start, second("data/first"), archiveEnd()]);
    expect(await readFile(join(home, "out", "second"), "utf8")).to.equal("same");
    for (const target of ["/etc/passwd", "../../etc/passwd", "data/none", "data"])
      expect(
        await codeOf(
          unpack([...start, second(target), archiveEnd()], { into: join(home, target.length.toString()) }),
        ),
      ).to.equal("ARCHIVE_REFUSED");
  });

  it("has limits: entries, bytes, and headers that never end", async () => {
    const many = [tarHeader(folder("data")), file("data/a"), file("data/b"), archiveEnd()];
    expect(await codeOf(unpack(many, { maxEntries: 2, into: join(home, "1") }))).to.equal("ARCHIVE_REFUSED");
    expect(await codeOf(unpack(many, { maxBytes: 1, into: join(home, "2") }))).to.equal("ARCHIVE_REFUSED");
    const long = tarHeader({ ...base, name: "data/x", type: "file", size: 2 ** 33 });
    retype(long, "x");
    let sent = 0;
    async function* endless() {
      yield long;
      for (;;) {
        sent += 65_536;
        yield await Promise.resolve(new Uint8Array(65_536));
      }
    }
    const code = await codeOf(unpackArchive(endless(), { root: "data", into: join(home, "3") }));
    expect(code).to.equal("ARCHIVE_REFUSED");
    expect(sent).to.be.at.most(2 * 1024 * 1024);
  });

  it("refuses what is cut, and what is no archive", async () => {
    const archive = Buffer.concat([
      tarHeader(folder("data")),
      file("data/a", "x".repeat(5_000)),
      archiveEnd(),
    ]);
    for (const length of [100, 700, 3_000])
      expect(await codeOf(unpack([archive.subarray(0, length)], { into: join(home, `${length}`) }))).to.equal(
        "ARCHIVE_REFUSED",
      );
    expect(await codeOf(unpack([Buffer.alloc(4_096, "no archive")]))).to.equal("ARCHIVE_REFUSED");
  });

  describe("and giving it its name", () => {
    const source = async function* (parts: readonly Uint8Array[], failure?: Error) {
      for (const part of parts) yield await Promise.resolve(part);
      if (failure !== undefined) throw failure;
    };
    const parts = [tarHeader(folder("data")), file("data/a", "half"), archiveEnd()];

    it("leaves nothing, under that name or beside it, when it is cut before the end is said", async () => {
      const cut = new ProtocolError("STREAM_CLOSED", "cut");
      for (const upTo of [1, 2, 3]) {
        const receiving = receiveFiles(source(parts.slice(0, upTo), cut), {
          root: "data",
          path: join(home, "x"),
        });
        expect(await codeOf(receiving)).to.equal("STREAM_CLOSED");
        expect(await treeOf()).to.deep.equal([]);
      }
    });

    it("replaces a file by a file, as cp does, and never a folder", async () => {
      const path = join(home, "x");
      await writeFile(path, "old");
      await receiveFiles(source([file("data", "new"), archiveEnd()]), { root: "data", path });
      expect(await readFile(path, "utf8")).to.equal("new");
      expect(await codeOf(receiveFiles(source(parts), { root: "data", path }))).to.equal("USAGE");
      expect(await readFile(path, "utf8")).to.equal("new");
      expect(await treeOf()).to.deep.equal(["x"]);
    });

    it("goes into a folder that is there, under its own name", async () => {
      const from = { path: "/srv/data/", service: "web" };
      expect(await localPlace(home, from)).to.deep.equal({ root: "data", path: join(home, "data") });
      expect((await localPlace(join(home, "new"), from)).path).to.equal(join(home, "new"));
      expect((await localPlace(home, { ...from, path: "/" })).path).to.equal(join(home, "web"));
      expect(await codeOf(localPlace(join(home, "none", "x"), from))).to.equal("USAGE");
      expect(await codeOf(localPlace(`${join(home, "none")}/`, from))).to.equal("USAGE");
      await mkdir(join(home, "data"));
      expect(await codeOf(localPlace(home, from))).to.equal("USAGE");
    });
  });

  describe("of our own making", () => {
    const limits = { entries: 100, bytes: 1_000_000 };
    const long = "ä".repeat(70);

    it("is what GNU tar and our own reader unpack, with long and foreign names, links and modes", async () => {
      const from = join(home, "from");
      await mkdir(join(from, long, "deep"), { recursive: true });
      await writeFile(join(from, long, "deep", `${long}.txt`), "deep down");
      await writeFile(join(from, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
      await writeFile(join(from, "empty"), "");
      await symlink(`${long}/deep/${long}.txt`, join(from, "link"));
      await symlink("/etc/passwd", join(from, "out"));
      const files = await findFiles(from, limits);
      expect(files).to.include({ isFolder: true, bytes: 19, leftOut: 0 });
      const archive: Uint8Array[] = [];
      for await (const chunk of packFiles(files, "data")) archive.push(chunk);
      await mkdir(join(home, "gnu"));
      await writeFile(join(home, "a.tar"), Buffer.concat(archive));
      await runCommand(["tar", "-x", "-f", join(home, "a.tar"), "-C", join(home, "gnu")]);
      const unpacked = join(home, "gnu", "data");
      expect(await treeOf(unpacked)).to.deep.equal(await treeOf(from));
      expect(await readFile(join(unpacked, "link"), "utf8")).to.equal("deep down");
      // A link of ours is not followed: what it leads to stays here.
      expect(await readlink(join(unpacked, "out"))).to.equal("/etc/passwd");
      expect((await stat(join(unpacked, "run.sh"))).mode & 0o111).to.equal(0o111);
      expect(await unpack(archive)).to.deep.equal({ isFolder: true, files: 3, leftOut: 1 });
      expect(await readFile(join(home, "out", "link"), "utf8")).to.equal("deep down");
    });

    it("has limits, and is made of files and folders", async () => {
      await writeFile(join(home, "a"), "12345");
      await symlink("a", join(home, "l"));
      expect((await findFiles(join(home, "l"), limits)).bytes).to.equal(5);
      expect(await codeOf(findFiles(home, { entries: 1, bytes: 100 }))).to.equal("INPUT_TOO_LARGE");
      expect(await codeOf(findFiles(home, { entries: 10, bytes: 4 }))).to.equal("INPUT_TOO_LARGE");
      expect(await codeOf(findFiles(join(home, "none"), limits))).to.equal("USAGE");
      expect(await codeOf(findFiles("/dev/null", limits))).to.equal("USAGE");
    });
  });
});

describe("progress of a copy", () => {
  it("is one line on standard error at a terminal, taken away at the end, and nothing elsewhere", async () => {
    for (const isTTY of [true, false]) {
      const written: string[] = [];
      const stderr = { isTTY, write: (text: string) => written.push(text) };
      const stdout = { write: () => expect.fail("nothing is data") };
      const progress = new CopyProgress(
        new Terminal({ stdin: process.stdin, stdout, stderr, color: false }),
        2_048,
      );
      const passed = [];
      for await (const chunk of progress.through(Readable.from([Buffer.alloc(1_024)])))
        passed.push(chunk.length);
      progress.stop();
      expect(passed).to.deep.equal([1_024]);
      if (isTTY) expect(written.join("|")).to.match(/^\r\u001b\[K1\.0 KiB of 2\.0 KiB, .*\/s\|\r\u001b\[K$/);
      else expect(written).to.deep.equal([]);
    }
  });
});
