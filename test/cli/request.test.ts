import { type RelayedRequest, type SignerQueue, toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type Address, numberToHex } from "viem";
import { type CliHome, createHome } from "./support/run.ts";

const GATEWAY = "http://gateway.test";
const MARKET: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const SIGNER: Address = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const bytes32 = (value: number): `0x${string}` => numberToHex(value, { size: 32 });
const SENT: RelayedRequest = {
  ...{ id: bytes32(1), signer: SIGNER, nonce: 7n, state: "sent", txHash: bytes32(70), block: null },
  ...{ code: null, reason: null, receivedAt: 1_796_000_000_000 },
};
const QUEUED: RelayedRequest = { ...SENT, id: bytes32(2), nonce: 8n, state: "queued", txHash: null };
const FAILED: RelayedRequest = {
  ...{ ...SENT, id: bytes32(3), state: "failed", block: 2n ** 40n },
  ...{ code: "TX_REVERTED", reason: "The lease is over.\u001b[2J\nnote: all is well" },
};

describe("fizz request", () => {
  let home: CliHome;
  let asked: string[];
  let queue: SignerQueue;
  beforeEach(async () => {
    home = await createHome();
    asked = [];
    queue = { signer: SIGNER, nextNonce: 9n, requests: [SENT, QUEUED] };
    const contracts = { nodeRegistry: MARKET, subnetRegistry: MARKET, leaseMarket: MARKET };
    const network = {
      chainId: 31_337,
      rpcUrl: "http://chain.test",
      contracts,
      gatewayUrl: GATEWAY,
      webUrl: "",
    };
    await home.write(".fizz/network.json", toWire({ ...network, dev: true, subnetId: 1 }));
  });
  afterEach(async () => {
    await home.remove();
  });

  it("lists what waits of a wallet, in the order of nonces, and the next nonce", async () => {
    const found = await run(["request", "list", "--signer", SIGNER]);
    expect(found.code, found.stderr).to.equal(0);
    expect(found.stdout).to.match(/7 +sent .* 0x0+46 +0x0+1\n +8 +queued .* none yet +0x0+2\n/);
    expect(found.stderr).to.include("the nonce 9");
    expect(asked).to.deep.equal([`/v1/requests?signer=${SIGNER}`]);
    const json = await run(["request", "list", "--signer", SIGNER, "--json"]);
    expect(json.json()).to.deep.equal({
      ...{ signer: SIGNER, nextNonce: "9" },
      requests: [SENT, QUEUED].map((one) => ({ ...one, nonce: String(one.nonce) })),
    });
  });

  it("says that nothing waits, of the chosen wallet", async () => {
    queue = { ...queue, requests: [] };
    const found = await run(["request", "list"], { FIZZ_PRIVATE_KEY: `0x${"11".repeat(32)}` });
    expect([found.code, found.stdout], found.stderr).to.deep.equal([0, ""]);
    expect(found.stderr).to.include("nothing of");
    expect(asked).to.deep.equal(["/v1/requests?signer=0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"]);
  });

  it("tells why one was not done; a gateway's words begin no line of their own", async () => {
    const found = await run(["request", "get", FAILED.id]);
    expect(found.code, found.stderr).to.equal(0);
    expect(found.stdout).to.match(/^ {2}State +failed \(TX_REVERTED\)$/m);
    expect(found.stdout).to.match(/^ {2}Reason +The lease is over\..*note: all is well$/m);
    expect(found.stdout).to.match(/^ {2}Transaction +0x0+46 in block 1099511627776$/m);
    expect(found.stdout).not.to.include("\u001b");
    const json = await run(["request", "get", FAILED.id, "--json"]);
    expect(json.json()).to.include({ state: "failed", code: "TX_REVERTED", block: 2 ** 40 });
  });

  it("refuses what is no id and no address, and passes on that nobody knows it", async () => {
    for (const argv of [["get"], ["get", "0x12"], ["list", "--signer", "me"]])
      expect((await run(["request", ...argv])).code, argv.join(" ")).to.equal(2);
    expect(asked).to.deep.equal([]);
    const unknown = await run(["request", "get", bytes32(9), "--json"]);
    expect(unknown.error().code).to.equal("REQUEST_NOT_FOUND");
    expect(unknown.code).not.to.equal(0);
  });

  async function run(argv: readonly string[], env: Record<string, string> = {}) {
    return await home.run(argv, { fetch: answer, env });
  }

  function answer(input: Parameters<typeof fetch>[0]): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin !== GATEWAY) throw new TypeError(`nobody asked for ${url.href}`);
    asked.push(`${url.pathname}${url.search}`);
    const [, , , id] = url.pathname.split("/");
    if (id === undefined) return Promise.resolve(new Response(toWire(queue)));
    const found = [SENT, QUEUED, FAILED].find((one) => one.id === id);
    if (found !== undefined) return Promise.resolve(new Response(toWire(found)));
    const error = { code: "REQUEST_NOT_FOUND", message: "no", retryable: false, details: {} };
    return Promise.resolve(new Response(toWire({ error }), { status: 404 }));
  }
});
