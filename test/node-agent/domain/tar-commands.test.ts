import { expect } from "chai";
import {
  packCommand,
  splitPath,
  tarVerdict,
  unpackCommand,
} from "../../../node-agent/src/domain/tar-commands.ts";

describe("the commands of a copy", () => {
  it("name a file so that no tar reads it as an option", () => {
    expect(packCommand(["tar"], "/data/-rf")).to.deep.equal(["tar", "-c", "-f", "-", "-C", "/data", "./-rf"]);
    expect(packCommand(["/bin/busybox", "tar"], "/")).to.deep.equal([
      ...["/bin/busybox", "tar", "-c", "-f", "-", "-C", "/", "."],
    ]);
    expect(unpackCommand(["tar"], "/data")).to.include.members(["-x", "-o", "/data"]);
  });

  it("take a path by its last name, whatever stands behind it", () => {
    expect(splitPath("/a/b/")).to.deep.equal({ folder: "/a", name: "b" });
    expect(splitPath("/a/./b/../c")).to.deep.equal({ folder: "/a", name: "c" });
    expect(splitPath("/../..")).to.deep.equal({ folder: "/", name: "" });
  });

  it("take a file that changed meanwhile for a note, and every other word for a failure", () => {
    const changed = "tar: ./x/a.log: file changed as we read it\n";
    expect(tarVerdict(0, "tar: leading / removed")).to.deep.equal({ failed: false, said: null });
    expect(tarVerdict(1, changed)).to.deep.equal({ failed: false, said: changed.trim() });
    expect(tarVerdict(1, `${changed}tar: ./x/b: Permission denied\n`).failed).to.equal(true);
    // busybox ends with 1 for everything.
    expect(tarVerdict(1, "tar: ./none: No such file or directory").failed).to.equal(true);
    expect(tarVerdict(1, "").failed).to.equal(true);
    expect(tarVerdict(2, changed).failed).to.equal(true);
    expect(tarVerdict(null, "").failed).to.equal(true);
    expect(tarVerdict(2, "x".repeat(9_999)).said).to.have.length(500);
  });
});
