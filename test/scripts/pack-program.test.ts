import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packProgram } from "../../scripts/lib/pack-program.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";

describe("a program that is packed", function () {
  this.timeout(300_000);

  it("runs far from the project, and says what the sources say", async () => {
    const folder = await createTempDir("pack");
    try {
      const main = await packProgram("node-agent", folder.path);
      const [packed, source] = [await say(main), await say(inRoot("node-agent/src/main.ts"))];
      expect(packed).to.deep.equal(source);
      expect(packed.stderr).to.include("no-such-command");
      expect(existsSync(join(folder.path, "node-agent/sandbox/Dockerfile"))).to.equal(true);
      // Found by its name alone; what is in the bundle is not there a second time.
      expect(existsSync(join(folder.path, "node_modules/dockerode/package.json"))).to.equal(true);
      for (const path of ["node_modules/viem", "node_modules/typescript", "node-agent/src"])
        expect(existsSync(join(folder.path, path)), path).to.equal(false);
    } finally {
      await folder.stop();
    }
  });

  async function say(main: string) {
    const argv = [process.execPath, main, "no-such-command"];
    const { status, stdout, stderr } = await runCommand(argv, { cwd: "/" });
    return { status, stdout, stderr };
  }
});
