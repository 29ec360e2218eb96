import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { install, type InstallOptions } from "../../node-agent/src/commands/install.ts";
import { stateOfFile } from "../../node-agent/src/commands/owned-file.ts";
import { loadConfig, serviceSettings } from "../../node-agent/src/config.ts";
import { codeOf } from "../support/code-of.ts";
import { CONTRACTS } from "./support/loopback-gateway.ts";
import { silentLog } from "./support/silent-log.ts";

const UNIT = "etc/systemd/system/fizz-node.service";
const ENV = "etc/fizz/node.env";

describe("fizz node install", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it("writes unit and settings, again when nobody changed them, and never over what is another's", async () => {
    const { run, root } = setup();
    await run({ systemd: true });
    await run({ systemd: true });
    expect([stateOfFile(join(root, UNIT)), stateOfFile(join(root, ENV))]).to.deep.equal(["own", "own"]);
    expect([UNIT, ENV].map((name) => statSync(join(root, name)).mode & 0o777)).to.deep.equal([0o644, 0o600]);
    const text = `${readFileSync(join(root, UNIT), "utf8")}# mine\n`;
    writeFileSync(join(root, UNIT), text);
    rmSync(join(root, ENV));
    expect(await codeOf(run({ systemd: true }))).to.equal("CONFIG_INVALID");
    expect(readFileSync(join(root, UNIT), "utf8")).to.equal(text);
    expect(existsSync(join(root, ENV))).to.equal(false);
  });

  it("leaves secrets out, and prints without writing", async () => {
    const { run, root } = setup();
    const told = (await run({ systemd: true, print: true })).join("\n");
    expect(told).to.include("FIZZ_NODE_REGION='germany'").and.to.include("NoNewPrivileges=true");
    expect(told).to.not.include("owner.json");
    expect(readdirSync(root)).to.deep.equal(["data"]);
  });

  it("writes for Compose into the data folder, for the account that has it", async function () {
    const { run, root } = setup();
    const { uid, gid } = statSync(join(root, "data"));
    const changes = { FIZZ_RPC_URL: "http://chain.example:1" };
    if (uid === 0) expect(await codeOf(run({ compose: true }, changes))).to.equal("CONFIG_INVALID");
    const user = uid === 0 ? "1000:1000" : `${uid}:${gid}`;
    await run({ compose: true, user }, changes);
    expect(readFileSync(join(root, "data/compose.yaml"), "utf8")).to.include(`user: "${user}"`);
    expect(stateOfFile(join(root, "data/compose.env"))).to.equal("own");
  });

  it("tells an agent of Compose paths as its container has them, and refuses what that does not see", async () => {
    const { run, root } = setup();
    const outside = { FIZZ_RPC_URL: "http://chain.example:1" };
    const options = { compose: true, print: true, user: "1000:1000" };
    const script = (path: string) => ({ ...outside, FIZZ_NODE_PRICE_SCRIPT: path });
    const told = await run(options, script(join(root, "data/prices/ask.sh")));
    expect(told.join("\n")).to.include("FIZZ_NODE_PRICE_SCRIPT='/data/prices/ask.sh'");
    for (const changes of [
      {},
      script(join(root, "ask.sh")),
      { ...outside, FIZZ_NODE_GATEWAY: "http://[::1]:1" },
    ])
      expect(await codeOf(run(options, changes))).to.equal("CONFIG_INVALID");
  });

  it("needs one of the two, and a file for the password", async () => {
    const { run } = setup();
    expect(await codeOf(run({}))).to.equal("USAGE");
    expect(await codeOf(run({ systemd: true, compose: true }))).to.equal("USAGE");
    expect(await codeOf(run({ systemd: true }, { FIZZ_NODE_PASSWORD_FILE: "" }))).to.equal("CONFIG_INVALID");
  });

  function setup() {
    const root = mkdtempSync(join(tmpdir(), "fizz-install-"));
    folders.push(root);
    mkdirSync(join(root, "data"));
    const given = {
      ...{ FIZZ_RPC_URL: "http://127.0.0.1:1", FIZZ_CONTRACTS: JSON.stringify(CONTRACTS) },
      ...{ FIZZ_NODE_DATA_DIR: join(root, "data"), FIZZ_NODE_PASSWORD_FILE: join(root, "password") },
      ...{ FIZZ_NODE_OWNER_KEYSTORE: "/root/owner.json", FIZZ_NODE_REGION: "germany" },
    };
    const run = async (options: Partial<InstallOptions>, changes: Record<string, string> = {}) => {
      const env = { ...given, ...changes };
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      const context = {
        config: loadConfig(env),
        log: silentLog,
        print,
        signal: new AbortController().signal,
      };
      const all = { systemd: false, compose: false, print: false, user: undefined, root };
      await install(context, { ...all, settings: serviceSettings(env), ...options });
      return lines;
    };
    return { run, root };
  }
});
