import { expect } from "chai";
import { allowsDevWallet, readNetworkConfig } from "../../../web/src/network/network-config.ts";

const ADDRESS = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";

describe("readNetworkConfig", () => {
  describe("when everything is there", () => {
    it("reads it and drops the slash of the gateway", () => {
      const result = readNetworkConfig(description());
      expect(result).to.deep.equal({
        ok: true,
        config: {
          chainId: 31_337,
          chainName: "Local chain",
          rpcUrl: "http://127.0.0.1:8545",
          contracts: { nodeRegistry: ADDRESS, subnetRegistry: ADDRESS, leaseMarket: ADDRESS },
          gatewayUrl: "http://127.0.0.1:8080",
          subnetId: 1,
          explorerUrl: undefined,
          dev: true,
        },
      });
    });
  });

  describe("when several fields are wrong", () => {
    it("lists all of them", () => {
      const result = readNetworkConfig({
        ...description(),
        chainId: "1",
        rpcUrl: "javascript:1",
        contracts: {},
      });
      expect(result.ok ? [] : result.problems).to.deep.equal([
        "chainId must be a whole number above 0.",
        "rpcUrl must be an http(s) address.",
        "contracts.nodeRegistry must be an address of a contract.",
        "contracts.subnetRegistry must be an address of a contract.",
        "contracts.leaseMarket must be an address of a contract.",
      ]);
    });
  });

  for (const value of [undefined, null, 7, "x", []])
    it(`refuses ${value === undefined ? "nothing" : JSON.stringify(value)}`, () => {
      expect(readNetworkConfig(value).ok).to.equal(false);
    });
});

describe("allowsDevWallet", () => {
  for (const [change, allowed] of [
    [{}, true],
    [{ dev: false }, false],
    [{ dev: "true" }, false],
    [{ chainId: 1 }, false],
  ] as const)
    it(`is ${allowed} for ${JSON.stringify(change)}`, () => {
      const result = readNetworkConfig({ ...description(), ...change });
      expect(result.ok && allowsDevWallet(result.config)).to.equal(allowed);
    });
});

function description(): Record<string, unknown> {
  return {
    chainId: 31_337,
    rpcUrl: "http://127.0.0.1:8545",
    contracts: { nodeRegistry: ADDRESS, subnetRegistry: ADDRESS, leaseMarket: ADDRESS },
    gatewayUrl: "http://127.0.0.1:8080/",
    subnetId: 1,
    dev: true,
  };
}
