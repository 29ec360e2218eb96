import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest, sealedPartOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { type CliHome, createHome } from "./support/run.ts";

const COMPOSE = `services:
  web:
    image: ghcr.io/example/web:1.0.0
    ports: ["8080:80"]
    environment:
      API_KEY: topsecret
    privileged: true
`;
const AKASH = `version: "2.0"
services:
  web: { image: "ghcr.io/example/web:1.0.0", expose: [{ port: 3000, as: 80, to: [{ global: true }] }] }
profiles:
  compute:
    web: { resources: { cpu: { units: 1 }, memory: { size: 1Gi }, storage: { size: 1Gi } } }
  placement:
    east: { pricing: { web: { denom: uakt, amount: 1000 } } }
deployment:
  web: { east: { profile: web, count: 1 } }
`;

describe("fizz manifest convert", () => {
  let home: CliHome;
  beforeEach(async () => {
    home = await createHome();
  });
  afterEach(async () => {
    await home.remove();
  });

  it("writes the manifest to stdout and what changed, with its place, to stderr", async () => {
    const file = await home.write("compose.yaml", COMPOSE);
    const result = await home.run(["manifest", "convert", file]);
    expect(result.code).to.equal(0);
    expect(parseManifest(result.stdout).ok).to.equal(true);
    expect(result.stderr).to.match(/compose\.yaml:7:17: warning: .*\[CONVERT_PRIVILEGE\]/);
    expect(result.stderr).to.include(
      "at services.web.ports[0]; found published as 8080; done: public port 80",
    );
    expect(result.stderr).to.include("The manifest is in provider mode.");
    expect(result.stderr).not.to.include("topsecret");
  });

  it("takes the mode and the format that are asked for", async () => {
    const file = await home.write("sdl.yaml", AKASH);
    const result = await home.run([
      "manifest",
      "convert",
      file,
      "--mode",
      "fizz",
      "--from",
      "akash",
      "--json",
    ]);
    expect(result.code).to.equal(0);
    expect(result.json()).to.include({ file, converted: true, from: "akash", mode: "fizz", out: null });
    expect(result.json()["manifest"]).to.include("mode: fizz");
    expect(result.stderr).to.equal("");
    for (const wrong of [
      ["--mode", "cloud"],
      ["--from", "helm"],
    ])
      expect((await home.run(["manifest", "convert", file, ...wrong])).code, wrong.join(" ")).to.equal(2);
  });

  it("writes a file, and never over another one without --force", async () => {
    const file = await home.write("sdl.yaml", AKASH);
    const out = await home.write("deploy.yaml", "mine\n");
    const argv = ["manifest", "convert", file, "--out", out];
    const refused = await home.run([...argv, "--json"]);
    expect([refused.code, refused.error().code, refused.stdout]).to.deep.equal([2, "USAGE", ""]);
    expect(await readFile(out, "utf8")).to.equal("mine\n");
    const forced = await home.run([...argv, "--force"]);
    expect([forced.code, forced.stdout]).to.deep.equal([0, ""]);
    expect(parseManifest(await readFile(out, "utf8")).ok).to.equal(true);
    expect((await home.run(["manifest", "validate", out])).code).to.equal(0);
  });

  it("ends with 1 when nothing can be converted, and writes nothing", async () => {
    const file = await home.write("pod.yaml", "kind: Pod\n");
    const out = join(home.folder, "deploy.yaml");
    const told = await home.run(["manifest", "convert", file, "--out", out]);
    expect([told.code, told.stdout]).to.deep.equal([1, ""]);
    expect(told.stderr).to.match(/pod\.yaml:1:1: error: .*\[CONVERT_FORMAT_UNKNOWN\]/);
    expect(told.stderr).to.include("[CONVERT_FAILED]");
    const json = await home.run(["manifest", "convert", file, "--json"]);
    expect([json.code, json.error().code]).to.deep.equal([1, "CONVERT_FAILED"]);
    expect(json.json()).to.include({ converted: false, manifest: null });
    expect(await readFile(out, "utf8").catch(() => "none")).to.equal("none");
  });

  it("takes variables from files that are named, the last one first, and quotes no value of them", async () => {
    const compose = `services:
  web:
    image: \${REGISTRY:-docker.io}/example/web:\${TAG:?}
    ports: ["\${PORT:-8080}:80"]
    command: serve \${DEBUG:+--verbose} \${QUIET+--quiet} \${NOTHING:-no} \${NOTHING-kept}
    cpus: \${API_TOKEN}
    environment: [API_TOKEN, "OTHER=\${OTHER}"]
`;
    const file = await home.write("compose.yaml", compose);
    const first = await home.write(
      ".env",
      "TAG=1.0.0\nAPI_TOKEN='hunter2 secret'\nDEBUG=1\nQUIET=\nNOTHING=\n",
    );
    const last = await home.write("prod.env", "# production\nTAG=2.0.0\nREGISTRY=ghcr.io\n");
    const argv = ["manifest", "convert", file, "--env-file", first, "--env-file", last, "--mode", "fizz"];
    const { code, stdout, stderr } = await home.run(argv);
    expect(code, stderr).to.equal(0);
    const parsed = parseManifest(stdout);
    if (!parsed.ok) throw new Error("It is not valid.");
    expect(sealedPartOf(parsed.manifest).services[0]).to.deep.include({
      image: "ghcr.io/example/web:2.0.0",
      args: ["serve", "--verbose", "--quiet", "no"],
      env: ["API_TOKEN=hunter2 secret", "OTHER="],
    });
    expect(stderr).not.to.include("hunter2");
    expect(stderr).to.include("${API_TOKEN}");
    expect(stderr).to.include("OTHER has no value and no default");
    const missing = await home.run(["manifest", "convert", file, "--env-file", "none.env"]);
    expect(missing.code).to.equal(2);
  });

  it("reads standard input", async () => {
    const { code, stdout } = await home.run(["manifest", "convert", "-"], { stdin: COMPOSE });
    expect([code, parseManifest(stdout).ok]).to.deep.equal([0, true]);
  });

  it("says that a file is not there, or too large", async () => {
    expect((await home.run(["manifest", "convert", "none.yaml"])).code).to.equal(2);
    const large = await home.write("large.yaml", "#".repeat(270_000));
    const result = await home.run(["manifest", "convert", large, "--json"]);
    expect([result.code, result.error().code]).to.deep.equal([1, "INPUT_TOO_LARGE"]);
  });
});
