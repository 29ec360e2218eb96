import { expect } from "chai";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sealKey } from "@fizz/protocol/keystore";
import { start } from "../../../node-agent/src/commands/start.ts";
import { loadConfig } from "../../../node-agent/src/config.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf } from "../support/builders.ts";
import { CONTRACTS } from "../support/loopback-gateway.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { OPERATOR_KEY, StateFolder } from "../support/state.ts";

/** Nothing answers at the addresses of chain, gateway and engine: whatever came past the state would wait for them. */
describe("an agent that starts on a state", () => {
  let folder: StateFolder;
  beforeEach(async () => {
    folder = await StateFolder.make();
    const keystore = await sealKey(OPERATOR_KEY, "password", { scryptN: 16 });
    await writeFile(join(folder.path, "operator.key"), JSON.stringify(keystore), { mode: 0o600 });
    await writeFile(join(folder.path, "password"), "password", { mode: 0o600 });
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("ends where it is damaged, leaves it as it is, and can be started again", async () => {
    await folder.open();
    await folder.close();
    const whole = await readFile(folder.file);
    const damaged = Buffer.from(whole).fill(0x5a, 4_096);
    await writeFile(folder.file, damaged);
    for (let time = 0; time < 2; time += 1) expect(await codeOf(starting())).to.equal("STORE_UNUSABLE");
    expect(await readFile(folder.file)).to.deep.equal(damaged);
    await writeFile(folder.file, whole);
    expect(await starting(AbortSignal.abort())).to.equal(0);
  });

  it("ends where the state is another key's", async () => {
    await folder.open({ operatorKey: hashOf("another") });
    await folder.close();
    expect(await codeOf(starting())).to.equal("STORE_UNUSABLE");
  });

  it("ends where an earlier agent kept files, and takes nothing from them", async () => {
    await mkdir(join(folder.path, "leases"));
    await writeFile(join(folder.path, "leases", `${hashOf("lease").slice(2)}.json`), "{}");
    const error = await starting().catch((reason: unknown) => reason as Error);
    expect(error).to.have.property("message").that.includes("an earlier agent kept its state in leases");
    expect(await readdir(folder.path)).to.not.include("state.db");
  });

  it("ends where another agent has the data directory", async () => {
    const first = new AbortController();
    const running = starting(first.signal);
    while (!(await readdir(folder.path)).includes("state.db")) await new Promise(setImmediate);
    expect(await codeOf(starting())).to.equal("REQUIREMENT_MISSING");
    first.abort();
    expect(await running).to.equal(0);
  });

  async function starting(signal = new AbortController().signal): Promise<number> {
    const config = loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_NODE_GATEWAY: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_NODE_DATA_DIR: folder.path,
      FIZZ_NODE_PASSWORD_FILE: join(folder.path, "password"),
      DOCKER_HOST: "tcp://127.0.0.1:1",
    });
    return await start({ config, log, print: () => undefined, signal });
  }
});
