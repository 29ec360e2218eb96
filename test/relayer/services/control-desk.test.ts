import { ProtocolError } from "@fizz/protocol/errors";
import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type ControlAuth, type LogLine } from "@fizz/protocol/messages";
import { fizzDomain, grantTypedData, proofTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { StreamPlaces } from "../../../relayer/src/domain/stream-places.ts";
import { WalletLimit } from "../../../relayer/src/domain/wallet-limit.ts";
import { ControlDesk } from "../../../relayer/src/services/control-desk.ts";
import { TenantGate } from "../../../relayer/src/services/tenant-gate.ts";
import { codeOf } from "../../support/code-of.ts";
import { hash, leaseFacts, MARKET, memoryHttpMeter, testKey } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";

const TENANT = privateKeyToAccount(testKey(0x51));
const STRANGER = privateKeyToAccount(testKey(0x52));
const SESSION = testKey(0x53);
const DOMAIN = fizzDomain(31_337, MARKET);
const LEASE = leaseFacts({ tenant: TENANT.address });
const LINE: LogLine = {
  service: "web",
  replica: 0,
  stream: "stdout",
  at: 5,
  text: "hello",
  cursor: "c/stdout@5.0.0",
};

describe("control calls of a wallet", () => {
  it("are limited in a minute, whatever address they come from", async () => {
    const { desk, asked, meter, chain } = setup({ perMinute: 3 });
    chain.leases.set(LEASE.lid, LEASE);
    for (let nonce = 1; nonce <= 3; nonce += 1) await desk.status(1n, await authOf({ nonce }), soon());
    expect(await codeOf(desk.status(1n, await authOf({ nonce: 4 }), soon()))).to.equal("RATE_LIMITED");
    expect(asked).to.have.length(3);
    expect(meter.limits).to.deep.equal(["wallet"]);
  });

  it("are not used up by a stranger: with a signature of another, without a proof, or by sending one again", async () => {
    const { desk, asked, chain } = setup({ perMinute: 2 });
    chain.leases.set(LEASE.lid, LEASE);
    const seen = await authOf({ nonce: 1 });
    await desk.status(1n, seen, soon());
    const forged: [ControlAuth, string][] = [
      [await authOf({ nonce: 2, signer: STRANGER }), "GRANT_INVALID"],
      [await authOf({ nonce: 2, tenant: STRANGER, signer: STRANGER }), "LEASE_NOT_YOURS"],
      [await authOf({ nonce: 2, session: testKey(0x54) }), "SESSION_NOT_PROVEN"],
      [{ signed: seen.signed }, "SESSION_NOT_PROVEN"],
      [
        { ...seen, proof: { nonce: hash(2), signature: seen.proof?.signature ?? "0x" } },
        "SESSION_NOT_PROVEN",
      ],
    ];
    for (const [auth, code] of forged)
      for (let n = 0; n < 5; n += 1) expect(await codeOf(desk.status(1n, auth, soon()))).to.equal(code);
    const replays: (string | undefined)[] = [];
    for (let n = 0; n < 5; n += 1)
      replays.push(
        await desk.status(1n, seen, soon()).then(
          () => undefined,
          (error: unknown) => (error as ProtocolError).code,
        ),
      );
    expect(replays).to.deep.equal([undefined, undefined, undefined, "RATE_LIMITED", "RATE_LIMITED"]);
    expect(asked, "what was forged reaches no node").to.have.length(4);
    await desk.status(1n, await authOf({ nonce: 3 }), soon());
  });

  it("are counted, and go to the node that the grant names, while the chain is silent", async () => {
    const { desk, asked, chain } = setup({ perMinute: 1 });
    chain.leases.set(LEASE.lid, LEASE);
    chain.reachable = false;
    await desk.status(1n, await authOf({ nonce: 1 }), soon());
    expect(asked).to.deep.equal([1n]);
    expect(await codeOf(desk.status(1n, await authOf({ nonce: 2 }), soon()))).to.equal("RATE_LIMITED");
  });

  it("have so many streams open, and get the places back", async () => {
    const { desk, meter, chain } = setup({ perMinute: 100, streams: 2 });
    chain.leases.set(LEASE.lid, LEASE);
    const open = async (nonce: number) => {
      const request = { auth: await authOf({ nonce }), query: { follow: true, tail: null, startup: false } };
      const lines = desk.logs(1n, request, soon());
      expect((await lines.next()).value).to.deep.equal([LINE]);
      return lines;
    };
    const first = await open(1);
    await open(2);
    expect(await codeOf(open(3))).to.equal("LIMIT_REACHED");
    expect(meter.limits).to.deep.equal(["wallet_streams"]);
    await first.return(undefined);
    await open(4);
  });

  function setup({ perMinute, streams = 10 }: { perMinute: number; streams?: number }) {
    const chain = new FakeChain();
    const meter = memoryHttpMeter();
    const asked: bigint[] = [];
    const calls = new WalletLimit({
      ...{ clock: Date.now, perMinute: () => perMinute },
      onRefused: () => {
        meter.limited("wallet");
      },
    });
    const places = new StreamPlaces({
      ...{ total: 100, each: streams },
      onRefused: () => {
        meter.limited("wallet_streams");
      },
    });
    // As the real chain: what it knew of itself it still knows when it is silent.
    const identity = () => Promise.resolve(chain.gateway);
    const tenants = new TenantGate({ chain: { identity }, calls, streams: places }, { market: MARKET });
    const no = (): never => {
      throw new ProtocolError("INTERNAL", "not part of this test");
    };
    const node = {
      ...{ challenge: no, events: no, stats: no, revoke: no },
      status: (nodeId: bigint) => {
        asked.push(nodeId);
        return Promise.resolve({} as never);
      },
      logs: async function* () {
        for (;;) yield await Promise.resolve([LINE]);
      },
    };
    return { chain, meter, asked, desk: new ControlDesk({ chain, calls: node, tenants }) };
  }

  async function authOf({
    nonce,
    tenant = TENANT,
    signer = TENANT,
    session = SESSION,
  }: {
    readonly nonce: number;
    readonly tenant?: PrivateKeyAccount;
    readonly signer?: PrivateKeyAccount;
    readonly session?: Hex;
  }): Promise<ControlAuth & { proof?: { nonce: Hex; signature: Hex } }> {
    const { leaseHash } = LEASE;
    const grant = {
      ...{ tenant: tenant.address, nodeId: 1n, leaseHash, scopes: "status logs", expiresAt: 2_000_000_000 },
      sessionKey: publicKeyOfPrivateKey(SESSION),
    };
    const message = { nodeId: 1n, leaseHash, nonce: hash(nonce) };
    const signature = await privateKeyToAccount(session).signTypedData(proofTypedData(DOMAIN, message));
    const signed = { grant, signature: await signer.signTypedData(grantTypedData(DOMAIN, grant)) };
    return { signed, proof: { nonce: hash(nonce), signature } };
  }

  function soon(): AbortSignal {
    return AbortSignal.timeout(5_000);
  }
});
