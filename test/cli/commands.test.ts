import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { webManifest } from "./support/manifests.ts";
import { type CliHome, createHome } from "./support/run.ts";

const PASSWORD = { FIZZ_WALLET_PASSWORD: "correct horse" };

describe("fizz", () => {
  let home: CliHome;
  beforeEach(async () => {
    home = await createHome();
  });
  afterEach(async () => {
    await home.remove();
  });

  describe("the command line", () => {
    it("ends with 2, a code, and what was probably meant", async () => {
      const result = await home.run(["deploymnt", "list"]);
      expect(result.code).to.equal(2);
      expect(result.stderr).to.include("Did you mean deployment?").and.to.include("[USAGE]");
    });

    it("refuses an unknown option, a missing one and a wrong value", async () => {
      for (const argv of [
        ["deployment", "list", "--jsn"],
        ["deployment", "get"],
        ["deployment", "get", "--lid", "one"],
        ["deployment", "create"],
        ["deployment", "create", "x.yaml", "--deposit", "maybe"],
        ["deployment", "logs", "--lid", "1", "-o", "xml"],
        ["deployment", "list", "surplus"],
      ])
        expect((await home.run(argv)).code, argv.join(" ")).to.equal(2);
    });

    it("shows help on stdout and ends with 0", async () => {
      const result = await home.run(["deployment", "create", "--help"]);
      expect(result.code).to.equal(0);
      expect(result.stdout).to.include("--prepaid <duration>");
      expect(result.stderr).to.equal("");
    });

    it("takes global options before and behind the command", async () => {
      for (const argv of [
        ["--rpc", "http://chain.test", "network", "--json"],
        ["network", "show", "--rpc", "http://chain.test", "--json"],
      ])
        expect((await home.run(argv)).json(), argv.join(" ")).to.include({ rpcUrl: "http://chain.test" });
    });

    it("writes errors as JSON on stderr and nothing on stdout with --json", async () => {
      const result = await home.run(["deployment", "list", "--json"], {
        env: { FIZZ_RPC_URL: "http://chain.test", FIZZ_GATEWAY: "http://gateway.test" },
      });
      expect(result.stdout).to.equal("");
      expect(result.code).to.equal(5);
      expect(result.error()).to.include({ code: "GATEWAY_UNREACHABLE", exitCode: 5 });
    });

    it("says how to get a network when there is none", async () => {
      await home.write(".fizz/network.json", "");
      const result = await home.run(["deployment", "list"]);
      expect(result.code).to.equal(1);
      expect(result.stderr).to.include("network.json is not JSON").and.to.include("[STORE_FAILED]");
    });

    it("lists every wrong variable of the environment without its value", async () => {
      const env = { FIZZ_PRIVATE_KEY: "my-secret-key", FIZZ_RPC_URL: "nowhere" };
      const result = await home.run(["network"], { env });
      expect(result.code).to.equal(2);
      expect(result.stderr).to.include("FIZZ_PRIVATE_KEY").and.to.include("FIZZ_RPC_URL");
      expect(result.stderr).not.to.include("my-secret-key");
    });

    it("ends with 130 when it was interrupted", async () => {
      const interrupt = new AbortController();
      const env = { FIZZ_RPC_URL: "http://chain.test", FIZZ_GATEWAY: "http://gateway.test" };
      const result = await home.run(["deployment", "list"], {
        env,
        signal: interrupt.signal,
        fetch: () => {
          interrupt.abort();
          return Promise.reject(new TypeError("aborted"));
        },
      });
      expect(result.code).to.equal(130);
    });

    it("tells each call with --explain", async () => {
      const env = { FIZZ_RPC_URL: "http://chain.test", FIZZ_GATEWAY: "http://gateway.test" };
      const result = await home.run(["deployment", "list", "--explain"], { env });
      expect(result.stderr).to.include("http GET http://gateway.test/v1/network → no answer");
    });
  });

  describe("manifest validate", () => {
    it("lists every problem with its line and column and ends with 1", async () => {
      const file = await home.write("bad.yaml", webManifest({ port: 80 }).replace("count: 1", "cuont: 1"));
      const result = await home.run(["manifest", "validate", file]);
      expect(result.code).to.equal(1);
      expect(result.stderr).to.match(/bad\.yaml:7:\d+: error: .*\[MANIFEST_FIZZ_PORT\]/);
      expect(result.stderr).to.match(/bad\.yaml:26:\d+: error: .*\[MANIFEST_KEY_UNKNOWN\]/);
      expect(result.stderr).to.include("Did you mean count?");
    });

    it("answers for each file as JSON", async () => {
      const good = await home.write("good.yaml", webManifest());
      const bad = await home.write("bad.yaml", "version: 2");
      const result = await home.run(["manifest", "validate", good, bad, "--json"]);
      const lines = result.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { file: string; valid: boolean });
      expect(lines.map(({ file, valid }) => [file, valid])).to.deep.equal([
        [good, true],
        [bad, false],
      ]);
      expect(result.code).to.equal(1);
    });

    it("judges the others when a file is not there, is too large or is no text, and ends with 1", async () => {
      const good = await home.write("good.yaml", webManifest());
      const large = await home.write("large.yaml", `# ${"x".repeat(256 * 1_024)}`);
      const binary = join(home.folder, "image.png");
      await writeFile(binary, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe]));
      const argv = ["manifest", "validate", "none.yaml", large, binary, good];
      const told = await home.run(argv);
      expect([told.code, told.stdout]).to.deep.equal([1, `${good}: valid\n`]);
      expect(told.stderr).to.include("none.yaml: There is no such file. [USAGE]");
      const lines = (await home.run([...argv, "--json"])).stdout.trim().split("\n");
      const verdicts = lines.map((line) => JSON.parse(line) as { valid: boolean; error?: { code: string } });
      expect(verdicts.map(({ valid, error }) => error?.code ?? valid)).to.deep.equal([
        "USAGE",
        "INPUT_TOO_LARGE",
        "INPUT_INVALID",
        true,
      ]);
    });

    it("reads standard input", async () => {
      const good = await home.run(["manifest", "validate", "-"], { stdin: webManifest() });
      expect([good.code, good.stdout]).to.deep.equal([0, "-: valid\n"]);
      const bad = await home.run(["manifest", "validate", "-"], { stdin: " version: 2" });
      expect([bad.code, bad.stderr.includes("-:1:2: error")]).to.deep.equal([1, true]);
    });
  });

  describe("deployment create with an invalid manifest", () => {
    it("ends with 3 before any network is needed", async () => {
      const file = await home.write("bad.yaml", "services: {}");
      const result = await home.run(["deployment", "create", file, "--json"]);
      expect([result.code, result.error().code]).to.deep.equal([3, "MANIFEST_INVALID"]);
      expect(result.stdout).to.equal("");
    });
  });

  describe("wallet", () => {
    it("creates, lists, uses and shows wallets, in files for their owner alone", async () => {
      const first = await home.run(["wallet", "create", "first", "--json"], { env: PASSWORD });
      const second = await home.run(["wallet", "create", "--name", "second", "--json"], { env: PASSWORD });
      expect(second.json()).to.include({ name: "second" });
      await home.run(["wallet", "use", "first"]);
      const listed: unknown = (await home.run(["wallet", "list", "--json"])).json();
      expect(listed).to.deep.equal([
        { ...first.json(), current: true },
        { ...second.json(), current: false },
      ]);
      const current = await home.run(["wallet", "current", "--json"]);
      expect(current.json()).to.deep.equal({ address: first.json()["address"], source: 'wallet "first"' });
      const { mode } = await stat(join(home.folder, ".config/fizz/wallets/first.json"));
      expect(mode & 0o777).to.equal(0o600);
    });

    it("imports a key from standard input, and says what a key on the command line costs", async () => {
      const key = generatePrivateKey();
      const piped = await home.run(["wallet", "import", "piped", "--private-key", "-", "--json"], {
        env: PASSWORD,
        stdin: `${key}\n`,
      });
      expect(piped.json()).to.deep.equal({ name: "piped", address: privateKeyToAddress(key) });
      const typed = await home.run(["wallet", "import", "typed", "--private-key", key.slice(2)], {
        env: PASSWORD,
      });
      expect(typed.stderr).to.include("shell's history");
      expect(piped.stderr + typed.stderr + typed.stdout).not.to.include(key.slice(2));
    });

    it("imports the file of another wallet", async () => {
      const made = await home.run(["wallet", "create", "made", "--json"], { env: PASSWORD });
      const file = join(home.folder, ".config/fizz/wallets/made.json");
      const result = await home.run(["wallet", "import", "copy", "--keystore", file, "--json"], {
        env: PASSWORD,
      });
      expect(result.json()).to.deep.equal({ name: "copy", address: made.json()["address"] });
    });

    it("refuses a taken name, a bad name, a short password and something that is no key", async () => {
      await home.run(["wallet", "create", "taken"], { env: PASSWORD });
      for (const [argv, env] of [
        [["wallet", "create", "taken"], PASSWORD],
        [["wallet", "create", "../escape"], PASSWORD],
        [["wallet", "create"], PASSWORD],
        [["wallet", "create", "short"], { FIZZ_WALLET_PASSWORD: "short" }],
        [["wallet", "import", "zero", "--private-key", "0".repeat(64)], PASSWORD],
      ] as const)
        expect((await home.run([...argv], { env })).code, argv.join(" ")).to.equal(2);
    });

    it("never asks where nobody sits: it says which variable to set", async () => {
      const result = await home.run(["wallet", "create", "silent"]);
      expect(result.code).to.equal(2);
      expect(result.stderr).to.include("FIZZ_WALLET_PASSWORD");
    });

    it("says in doctor, and there alone, that a wallet is safer than FIZZ_PRIVATE_KEY", async () => {
      const env = { FIZZ_PRIVATE_KEY: generatePrivateKey() };
      const looked = await home.run(["doctor"], { env });
      expect(looked.stdout).to.match(/wallet: 0x\w{40}, FIZZ_PRIVATE_KEY; .*fizz wallet import NAME/);
      expect((await home.run(["wallet", "current"], { env })).stderr).to.equal("");
      await home.run(["wallet", "create", "mine"], { env: PASSWORD });
      expect((await home.run(["doctor"])).stdout).to.not.include("safer");
    });

    it("prefers --wallet to FIZZ_PRIVATE_KEY, and that to the current wallet", async () => {
      const key = generatePrivateKey();
      const made = await home.run(["wallet", "create", "mine", "--json"], { env: PASSWORD });
      const env = { FIZZ_PRIVATE_KEY: key };
      expect((await home.run(["wallet", "current", "--json"], { env })).json()).to.include({
        address: privateKeyToAddress(key),
      });
      expect(
        (await home.run(["wallet", "current", "--json", "--wallet", "mine"], { env })).json(),
      ).to.include({
        address: made.json()["address"],
      });
    });

    it("uses the public development key on a development chain only", async () => {
      const contracts = { nodeRegistry: address(1), subnetRegistry: address(2), leaseMarket: address(3) };
      const local = {
        chainId: 31_337,
        rpcUrl: "http://chain.test",
        gatewayUrl: "http://gateway.test",
        contracts,
      };
      await home.write(".fizz/network.json", JSON.stringify({ ...local, dev: true }));
      const dev = await home.run(["wallet", "current", "--json"]);
      expect(dev.json()["address"]).to.equal("0x90F79bf6EB2c4f870365E785982E1f101E93b906");
      for (const other of [
        { ...local, dev: false },
        { ...local, chainId: 1, dev: true },
      ]) {
        await home.write(".fizz/network.json", JSON.stringify(other));
        expect((await home.run(["wallet", "current", "--json"])).error().code).to.equal("WALLET_MISSING");
      }
    });
  });

  function address(last: number): string {
    return `0x${String(last).padStart(40, "0")}`;
  }
});
