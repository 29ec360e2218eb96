import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { loadConfig } from "../../relayer/src/config.ts";
import { RELAY_OPTIONS } from "../../relayer/src/relay-options.ts";
import { RELAY_POLICY_SETTINGS, relayFeeCap, relayPolicy } from "../../relayer/src/relay-settings.ts";
import { CONTRACTS, hash } from "./support/builders.ts";

const TENANT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

describe("the gateway's settings of relayed requests", () => {
  it("pay for nodes and not for tenants, within a day's bounds, unless somebody says otherwise", () => {
    const config = load({});
    expect(relayPolicy(config)).to.deep.equal({
      nodes: true,
      tenants: "off",
      maxGas: 500_000n,
      perSigner: { requests: 100, gas: 10_000_000n },
      total: { requests: 10_000, gas: 100_000_000n },
    });
    expect(relayFeeCap(config)).to.equal(100_000_000_000n);
    expect(config.relayMinBalance).to.equal(5_000_000_000_000_000n);
    expect(config.relayBumpBlocks).to.equal(3);
  });

  it("name each of them once, with a default that is the real one, and all are taken by a reload", () => {
    expect(RELAY_OPTIONS.map(({ key }) => key)).to.have.members([...RELAY_POLICY_SETTINGS]);
    const defaults = Object.fromEntries(RELAY_OPTIONS.map(({ env, fallback }) => [env, fallback]));
    expect(load(defaults)).to.deep.equal(load({}));
  });

  it("are read: tenants as off, all, or addresses in any case", () => {
    for (const [text, tenants] of [
      ["all", "all"],
      ["off", "off"],
      [TENANT.toLowerCase(), [TENANT]],
      [`${TENANT}, ${CONTRACTS.leaseMarket},`, [TENANT, CONTRACTS.leaseMarket]],
    ] as const)
      expect(load({ FIZZ_GATEWAY_SPONSOR_TENANTS: text }).sponsorTenants, text).to.deep.equal(tenants);
    expect(load({ FIZZ_GATEWAY_RELAY_NODES: "false" }).relayNodes).to.equal(false);
    expect(relayFeeCap(load({ FIZZ_GATEWAY_RELAY_MAX_FEE_GWEI: "0.5" }))).to.equal(500_000_000n);
    expect(load({ FIZZ_GATEWAY_RELAY_MIN_BALANCE: "1.5" }).relayMinBalance).to.equal(15n * 10n ** 17n);
  });

  it("are refused with their name when they are wrong", () => {
    const wrong: Readonly<Record<string, readonly string[]>> = {
      RELAY_NODES: ["maybe"],
      SPONSOR_TENANTS: ["some", "off,all", `off,${TENANT}`, "0x12", hash(1)],
      RELAY_REQUESTS_PER_SIGNER: ["-1", "1.5", "1000001"],
      RELAY_GAS_PER_SIGNER: ["-1", "many"],
      RELAY_REQUESTS_PER_DAY: ["-1"],
      RELAY_GAS_PER_DAY: ["1000000000001"],
      RELAY_MAX_GAS: ["20999", "30000001"],
      RELAY_MAX_FEE_GWEI: ["0", "-1", "1000001"],
      RELAY_BUMP_BLOCKS: ["0", "1001"],
      RELAY_MIN_BALANCE: ["-1", "1e18", "0x1"],
    };
    expect(Object.keys(wrong)).to.have.length(RELAY_OPTIONS.length);
    for (const [name, texts] of Object.entries(wrong))
      for (const text of texts) {
        const env = `FIZZ_GATEWAY_${name}`;
        expect(failureOf(() => load({ [env]: text }))?.message, text).to.include(env);
      }
  });

  function load(env: Record<string, string>) {
    return loadConfig(undefined, {
      FIZZ_RPC_URL: "http://127.0.0.1:9",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_GATEWAY_KEY_FILE: "gateway.key",
      ...env,
    });
  }

  function failureOf(read: () => unknown): ProtocolError | undefined {
    try {
      read();
      return undefined;
    } catch (error) {
      return error instanceof ProtocolError ? error : undefined;
    }
  }
});
