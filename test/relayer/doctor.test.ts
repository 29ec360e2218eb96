import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { registerSubnet } from "../../relayer/src/chain/register-subnet.ts";
import { type Config, loadConfig } from "../../relayer/src/config.ts";
import { checkChain } from "../../relayer/src/doctor/check-chain.ts";
import { checkDataDir, checkOpenFiles, openFileLimit } from "../../relayer/src/doctor/check-machine.ts";
import {
  checkApiUrl,
  checkPorts,
  checkPublicHost,
  checkWildcard,
} from "../../relayer/src/doctor/check-network.ts";
import { type Verdict } from "../../relayer/src/doctor/verdict.ts";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { codeOf } from "../support/code-of.ts";
import { CONTRACTS } from "./support/builders.ts";
import { deployChainWorld } from "./support/chain-world.ts";

describe("the gateway's doctor", function () {
  this.timeout(120_000);
  const running: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("knows a key without a subnet, a subnet with other endpoints, and one that is right", async () => {
    const world = await deployChainWorld();
    running.push(() => world.anvil.stop());
    const { contracts } = world;
    const key = generatePrivateKey();
    const settings = {
      FIZZ_RPC_URL: world.anvil.rpcUrl,
      FIZZ_CONTRACTS: JSON.stringify(contracts),
      FIZZ_GATEWAY_API_URL: "https://gw.example.org",
      FIZZ_GATEWAY_LISTEN: "/ip4/0.0.0.0/tcp/4801",
      FIZZ_GATEWAY_PUBLIC_HOST: "gw.example.org",
    };
    const operator = privateKeyToAddress(key);
    const inAnHour = { operator, now: Date.now() + 3_600_000 };
    const examine = async (): Promise<string[]> => levels(await checkChain(config(settings), inAnHour));
    const poor = "warn relaying";
    expect(await examine()).to.deep.equal(["ok chain", "warn clock", "warn key", "fail registration", poor]);
    const input = {
      rpcUrl: world.anvil.rpcUrl,
      contracts,
      operatorKey: key,
      ownerKey: devAccount("deployer").privateKey,
      cutBps: 300,
      domain: "",
    };
    const multiaddrs = ["/dns/gw.example.org/tcp/4801"];
    await registerSubnet({ ...input, apiUrl: "https://old.example.org", multiaddrs });
    const [, , , other] = await checkChain(config(settings), { operator, now: Date.now() });
    expect(other).to.deep.include({ level: "warn", check: "registration" });
    expect(other?.found).to.contain('apiUrl "https://old.example.org", not "https://gw.example.org"');
    await registerSubnet({ ...input, apiUrl: "https://gw.example.org", multiaddrs });
    const found = ["ok chain", "warn clock", "ok key", "ok registration"];
    expect(await examine()).to.deep.equal([...found, poor]);
    const wanted = { FIZZ_GATEWAY_RELAY_NODES: "false" };
    expect(levels(await checkChain(config({ ...settings, ...wanted }), inAnHour))).to.deep.equal(found);
    await world.test.setBalance({ address: operator, value: 10n ** 16n });
    expect(await examine()).to.deep.equal([...found, "ok relaying"]);
    const wrong = { ...settings, FIZZ_CONTRACTS: JSON.stringify(CONTRACTS) };
    const code = await codeOf(checkChain(config({ ...wrong, FIZZ_RPC_URL: "http://127.0.0.1:9" }), inAnHour));
    expect(code).to.equal("CHAIN_UNREACHABLE");
  });

  it("holds the limit of open files against the settings", () => {
    const settings = config({
      FIZZ_GATEWAY_MAX_CONNECTIONS: "1000",
      FIZZ_GATEWAY_MAX_NODES: "1000",
      FIZZ_GATEWAY_PORTS: "30000-30099",
    });
    const needed = 1_000 + 1_000 + 100 + 2_560;
    const level = (limit: number | undefined): string => checkOpenFiles(settings, limit).level;
    expect([level(needed), level(needed - 1), level(1_000), level(999)]).to.deep.equal([
      "ok",
      "warn",
      "warn",
      "fail",
    ]);
    expect(level(undefined)).to.equal("warn");
    expect(checkOpenFiles(settings, needed - 1).advice).to.contain(`LimitNOFILE=${needed}`);
    const row = "Max open files            1024                 524288               files";
    expect(openFileLimit(`Limit  Soft Limit\n${row}\n`)).to.equal(1_024);
    expect(openFileLimit("")).to.equal(undefined);
  });

  it("sees a data folder that cannot be made, and one that others may read", () => {
    const folder = mkdtempSync(join(tmpdir(), "fizz-doctor-"));
    running.push(() => {
      rmSync(folder, { recursive: true });
    });
    expect(levels(checkDataDir(config({ FIZZ_GATEWAY_DATA_DIR: folder })))).to.deep.equal(["ok data folder"]);
    expect(levels(checkDataDir(config({ FIZZ_GATEWAY_DATA_DIR: "/dev/null/none" })))).to.deep.equal([
      "fail data folder",
    ]);
    const open = checkDataDir(config({ FIZZ_GATEWAY_DATA_DIR: tmpdir() }));
    expect(levels(open)).to.deep.equal(["ok data folder", "warn data folder"]);
  });

  it("sees ports that others have: those of the gateway fail, doors are left out", async () => {
    const { port, stop } = await listener();
    running.push(stop);
    const free = { FIZZ_GATEWAY_API_PORT: "0", FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0" };
    const door = { ...free, FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1", FIZZ_GATEWAY_PORTS: String(port) };
    const [taken] = await checkPorts(config(door));
    expect(taken).to.deep.include({ level: "warn", found: `door 127.0.0.1:${port}: EADDRINUSE` });
    const other = { ...door, FIZZ_GATEWAY_PORTS: "1-1", FIZZ_GATEWAY_LISTEN: `/ip4/127.0.0.1/tcp/${port}` };
    const found = await checkPorts(config(other));
    expect(found.map(({ found: text }) => text)).to.include(`libp2p 127.0.0.1:${port}: EADDRINUSE`);
    expect(levels(found)).to.include("fail ports");
  });

  it("tells private addresses, and names that lead nowhere", async () => {
    const hosts = {
      "127.0.0.1": "warn",
      "10.1.2.3": "warn",
      "fd00::1": "warn",
      "192.0.2.7": "warn",
      "1.1.1.1": "ok",
    };
    for (const [host, level] of Object.entries(hosts))
      expect((await checkPublicHost(config({ FIZZ_GATEWAY_PUBLIC_HOST: host }))).level, host).to.equal(level);
    const nowhere = { FIZZ_GATEWAY_PUBLIC_HOST: "nowhere.invalid", FIZZ_GATEWAY_DOMAIN: "leases.invalid" };
    expect((await checkPublicHost(config(nowhere))).level).to.equal("fail");
    const wildcard = await checkWildcard(config(nowhere));
    expect(wildcard).to.deep.include({ level: "fail", check: "wildcard" });
    expect(wildcard.advice).to.contain("*.leases.invalid");
    expect((await checkWildcard(config({}))).level).to.equal("ok");
  });

  it("sees whether the API's URL leads here, without a gateway that runs", async () => {
    const { port, stop } = await listener();
    await stop();
    const here = { FIZZ_GATEWAY_API_HOST: "127.0.0.1", FIZZ_GATEWAY_API_PORT: String(port) };
    const url = (text: string): Config => config({ ...here, FIZZ_GATEWAY_API_URL: text });
    expect((await checkApiUrl(url(`http://127.0.0.1:${port}`), false)).level).to.equal("ok");
    expect((await checkApiUrl(url("http://127.0.0.1:9"), false)).level).to.equal("warn");
    expect((await checkApiUrl(config(here), false)).level).to.equal("warn");
    const other = await listener("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    running.push(other.stop);
    expect((await checkApiUrl(url(`http://127.0.0.1:${other.port}`), false)).level).to.equal("fail");
  });

  function levels(verdicts: readonly Verdict[]): string[] {
    return verdicts.map(({ level, check }) => `${level} ${check}`);
  }

  function config(env: Record<string, string>): Config {
    return loadConfig(undefined, {
      FIZZ_RPC_URL: "http://127.0.0.1:9",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_GATEWAY_KEY_FILE: "gateway.key",
      ...env,
    });
  }

  async function listener(answer = ""): Promise<{ port: number; stop: () => Promise<void> }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      socket.write(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const stop = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    return { port: (server.address() as AddressInfo).port, stop };
  }
});
