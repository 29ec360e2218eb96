import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { type CliHome, createHome } from "./support/run.ts";

describe("fizz manifest init", () => {
  let home: CliHome;
  beforeEach(async () => {
    home = await createHome();
  });
  afterEach(async () => {
    await home.remove();
  });

  for (const mode of ["fizz", "provider"])
    it(`writes a ${mode} manifest that is valid as it stands, without a warning`, async () => {
      const result = await home.run(["manifest", "init", "-", "--mode", mode]);
      const parsed = parseManifest(result.stdout);
      expect(parsed.ok && parsed.warnings).to.deep.equal([]);
      expect(parsed.ok && parsed.manifest.mode).to.equal(mode);
      expect(result.stdout).to.include("# ");
    });

  it("takes name, image and port", async () => {
    for (const name of ["my-app", "null", "42", "a"]) {
      const argv = ["--name", name, "--image", "ghcr.io/a/b:2@sha256:" + "a".repeat(64), "--port", "9000"];
      const result = await home.run(["manifest", "init", "-", ...argv]);
      const parsed = parseManifest(result.stdout);
      const service = parsed.ok ? parsed.manifest.services[0] : undefined;
      expect([service?.name, service?.expose[0]?.port]).to.deep.equal([name, 9000]);
      expect(parsed.ok && parsed.manifest.name).to.equal(name);
    }
  });

  it("writes a file, and never over another one without --force", async () => {
    const file = join(home.folder, "deploy.yaml");
    expect((await home.run(["manifest", "init", file])).code).to.equal(0);
    const refused = await home.run(["manifest", "init", file, "--name", "other"]);
    expect([refused.code, refused.stderr.includes("[USAGE]")]).to.deep.equal([2, true]);
    expect(await readFile(file, "utf8")).not.to.include("other");
    expect((await home.run(["manifest", "init", file, "--name", "other", "--force"])).code).to.equal(0);
    expect(await readFile(file, "utf8")).to.include("other");
  });

  it("refuses values that cannot stand in a manifest", async () => {
    for (const wrong of [
      ["--name", "My App"],
      ["--name", "-a"],
      ["--name", "a\nb"],
      ["--image", "owner/UPPER"],
      ["--image", "a: b"],
      ["--port", "0"],
      ["--port", "70000"],
      ["--port", "80"],
      ["--mode", "cloud"],
    ]) {
      const result = await home.run(["manifest", "init", "-", ...wrong]);
      expect([result.code, result.stdout], wrong.join(" ")).to.deep.equal([2, ""]);
      expect(result.stderr).to.include("[USAGE]");
    }
    expect((await home.run(["manifest", "init", "-", "--port", "80", "--mode", "provider"])).code).to.equal(
      0,
    );
  });
});
