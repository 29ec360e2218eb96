import { expect } from "chai";
import { loadConfig } from "../../../relayer/src/config.ts";
import { CONTRACTS } from "../support/builders.ts";

describe("the limits of one process of several", () => {
  const env = {
    FIZZ_RPC_URL: "http://127.0.0.1:1",
    FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
    FIZZ_GATEWAY_KEY_FILE: "gateway.key",
    FIZZ_GATEWAY_RATE_LIMIT: "100",
    FIZZ_GATEWAY_WALLET_RATE_LIMIT: "1",
    FIZZ_GATEWAY_BYTES_PER_SECOND_PER_LEASE: "0",
    FIZZ_GATEWAY_MAX_CONNECTIONS: "900",
  };

  it("are its part of those of a wallet, an address or a lease, never none, and its own whole", () => {
    const config = loadConfig(undefined, { ...env, FIZZ_GATEWAY_LIMIT_SHARE: "3" });
    const { rateLimit, walletRateLimit, bytesPerSecondPerLease, maxConnections } = config;
    expect({ rateLimit, walletRateLimit, bytesPerSecondPerLease, maxConnections }).to.deep.equal({
      ...{ rateLimit: 34, walletRateLimit: 1, bytesPerSecondPerLease: 0, maxConnections: 900 },
    });
    expect(config.newConnectionsPerAddress).to.equal(334);
  });

  it("are whole ones where nothing is said", () => {
    const { rateLimit, newConnectionsPerLease, limitShare } = loadConfig(undefined, env);
    expect([rateLimit, newConnectionsPerLease, limitShare]).to.deep.equal([100, 2_000, 1]);
  });

  for (const wrong of ["0", "65", "half"])
    it(`cannot be divided by ${wrong}`, () => {
      expect(() => loadConfig(undefined, { ...env, FIZZ_GATEWAY_LIMIT_SHARE: wrong })).to.throw(
        "FIZZ_GATEWAY_LIMIT_SHARE",
      );
    });
});
