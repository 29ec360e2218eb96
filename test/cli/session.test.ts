import { toWire } from "@fizz/protocol/messages";
import { fizzDomain, revocationReceiptTypedData, signedRevocationSchema } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { NetworkSuite } from "./support/network-suite.ts";
import { createHome } from "./support/run.ts";

describe("fizz session", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();

  it("lists what this machine keeps, and takes it back: the next command asks the wallet anew", async () => {
    const lid = await suite.createLease();
    expect(await scopesOf(lid)).to.equal("status logs events");
    const first = await keyOf(lid);
    const revoked = await suite.run(["session", "revoke", "--lid", lid]);
    expect([revoked.code, revoked.stdout], revoked.stderr).to.deep.equal([
      0,
      `lease ${lid}: revoked what was granted until now; 0 sessions ended\n`,
    ]);
    expect(await scopesOf(lid)).to.equal(undefined);
    expect((await suite.run(["deployment", "get", "--lid", lid])).code).to.equal(0);
    expect(await keyOf(lid)).not.to.equal(first);
  });

  it("works from another machine, of which only the wallet is known; the lost one is refused, and signs anew", async () => {
    const lid = await suite.createLease();
    const elsewhere = await createHome();
    await elsewhere.write(".fizz/network.json", suite.network.description);
    const { fetch } = suite.network;
    expect((await elsewhere.run(["session", "list", "--json"], { fetch })).stdout).to.equal("[]\n");
    const revoked = await elsewhere.run(["session", "revoke", "--all", "--json"], { fetch });
    await elsewhere.remove();
    expect(revoked.code, revoked.stderr).to.equal(0);
    const answer = revoked.json() as { revoked: { lid: number }[]; failed: unknown[] };
    expect(answer.revoked.map((one) => String(one.lid))).to.include(lid);
    expect(answer.failed).to.deep.equal([]);
    const logs = ["deployment", "logs", "--lid", lid, "--tail", "1"];
    const refused = await suite.run(logs);
    expect([refused.code, refused.stderr.includes("GRANT_REVOKED")], refused.stderr).to.deep.equal([6, true]);
    expect((await suite.run(logs)).code).to.equal(0);
  });

  it("takes back one key alone", async () => {
    const lid = await suite.createLease();
    const other = `0x02${"ab".repeat(32)}`;
    expect((await suite.run(["session", "revoke", "--lid", lid, "--key", other])).code).to.equal(0);
    const key = await keyOf(lid);
    expect((await suite.run(["deployment", "get", "--lid", lid])).code).to.equal(0);
    expect(await keyOf(lid)).to.equal(key);
    expect((await suite.run(["session", "revoke", "--lid", lid, "--key", key ?? ""])).code).to.equal(0);
    expect(await keyOf(lid)).to.equal(undefined);
  });

  it("goes by the gateway's API when the relay does not answer, and believes the node alone", async () => {
    const lid = await suite.createLease();
    const command = ["session", "revoke", "--lid", lid];
    const honest = await suite.home.run(command, {
      fetch: withoutRelay((signed) => suite.network.revoke(signed)),
    });
    expect(honest.code, honest.stderr).to.equal(0);
    const domain = fizzDomain(suite.network.anvil.chainId, suite.network.contracts.leaseMarket);
    const liar = privateKeyToAccount(generatePrivateKey());
    const lying = await suite.home.run(command, {
      fetch: withoutRelay(async () => {
        const receipt = { revocation: `0x${"00".repeat(32)}` as const, at: Math.floor(Date.now() / 1_000) };
        const signature = await liar.signTypedData(revocationReceiptTypedData(domain, receipt));
        return { receipt: { receipt, signature }, ended: 0 };
      }),
    });
    expect([lying.code, lying.stderr.includes("IDENTITY_UNKNOWN")]).to.deep.equal([6, true]);
  });

  it("asks which lease is meant, and revokes nothing of somebody else's", async () => {
    const lid = await suite.createLease();
    expect((await suite.run(["session", "revoke"])).code).to.equal(2);
    expect((await suite.run(["session", "revoke", "--all", "--lid", lid])).code).to.equal(2);
    expect((await suite.run(["session", "revoke", "--lid", lid, "--key", "0x12"])).code).to.equal(2);
    const env = { FIZZ_PRIVATE_KEY: suite.network.stranger.privateKey };
    const refused = await suite.run(["session", "revoke", "--lid", lid], { env });
    expect([refused.code, refused.stderr.includes("LEASE_NOT_YOURS")]).to.deep.equal([6, true]);
  });

  interface Row {
    readonly lid: number;
    readonly scopes: readonly string[];
    readonly key: string;
  }

  async function rowOf(lid: string): Promise<Row | undefined> {
    const result = await suite.run(["session", "list", "--json"]);
    return (JSON.parse(result.stdout) as Row[]).find((row) => String(row.lid) === lid);
  }

  async function scopesOf(lid: string): Promise<string | undefined> {
    return (await rowOf(lid))?.scopes.join(" ");
  }

  async function keyOf(lid: string): Promise<string | undefined> {
    return (await rowOf(lid))?.key;
  }

  /** The gateway's API, whose relay is not there. */
  function withoutRelay(
    revoke: (signed: ReturnType<typeof signedRevocationSchema.parse>) => Promise<unknown>,
  ) {
    return async (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
      const url = String(input instanceof Request ? input.url : input);
      if (url.endsWith("/revocations"))
        return new Response(
          toWire(await revoke(signedRevocationSchema.parse(JSON.parse(init?.body as string)))),
        );
      const answer = await suite.network.fetch(input, init);
      if (new URL(url).pathname !== "/v1/network") return answer;
      const network = (await answer.json()) as { multiaddrs: string[] };
      const dead = network.multiaddrs.map((address) => address.replace(/\/tcp\/\d+\//, "/tcp/9/"));
      return new Response(JSON.stringify({ ...network, multiaddrs: dead }));
    };
  }
});
