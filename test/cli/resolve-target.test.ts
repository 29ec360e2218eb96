import { expect } from "chai";
import { type Config } from "../../cli/src/contexts/config-file.ts";
import { type LocalNetwork } from "../../cli/src/contexts/local-network.ts";
import { resolveTarget, type TargetInput } from "../../cli/src/contexts/resolve-target.ts";

describe("resolveTarget", () => {
  it("uses the running local network when nothing else is said", () => {
    const target = resolve();
    expect(target).to.include({
      gatewayUrl: "http://local",
      rpcUrl: "http://local-rpc",
      dev: true,
      chainId: 31_337,
    });
    expect(target.contracts).to.equal(local.contracts);
  });

  it("prefers the current network of the config file to the local one", () => {
    expect(resolve({ config: { ...config, currentNetwork: "live" } })).to.include({
      source: 'network "live"',
      gatewayUrl: "http://live",
      dev: false,
      wallet: "savings",
    });
  });

  it("prefers the environment to the config file, and flags to the environment", () => {
    const settings = { gatewayUrl: "http://env", rpcUrl: "http://env-rpc", network: undefined };
    expect(resolve({ settings })).to.include({ gatewayUrl: "http://env", rpcUrl: "http://env-rpc" });
    expect(resolve({ settings, flags: { gateway: "http://flag" } })).to.include({
      gatewayUrl: "http://flag",
      rpcUrl: "http://env-rpc",
    });
  });

  it("prefers a network named by a flag to the URLs of the environment", () => {
    const settings = { gatewayUrl: "http://env", rpcUrl: "http://env-rpc", network: undefined };
    expect(resolve({ settings, flags: { network: "live" } })).to.include({ gatewayUrl: "http://live" });
  });

  it("keeps pinned contracts when one URL is overridden, and forgets them when both are", () => {
    const config_ = { ...config, currentNetwork: "live" };
    expect(resolve({ config: config_, flags: { rpc: "http://other" } }).contracts).to.equal(
      config.networks["live"]?.contracts,
    );
    const both = resolve({ config: config_, flags: { rpc: "http://other", gateway: "http://too" } });
    expect(both).to.include({ contracts: undefined, chainId: undefined, dev: false, source: "flags" });
  });

  it("never calls a network of the config file a development one", () => {
    expect(resolve({ flags: { network: "live" } }).dev).to.equal(false);
  });

  it("refuses a network that is not there and names those that are", () => {
    expect(() => resolve({ flags: { network: "lvie" } })).to.throw(
      'There is no network "lvie". Known: live.',
    );
    expect(() => resolve({ flags: { network: "toString" } })).to.throw("There is no network");
  });

  it("says that there is nothing when there is nothing", () => {
    expect(resolve({ local: undefined })).to.include({
      source: "nothing",
      gatewayUrl: undefined,
      rpcUrl: undefined,
    });
  });

  const contracts = {
    nodeRegistry: "0x0000000000000000000000000000000000000001",
    subnetRegistry: "0x0000000000000000000000000000000000000002",
    leaseMarket: "0x0000000000000000000000000000000000000003",
  } as const;
  const local: LocalNetwork = {
    chainId: 31_337,
    rpcUrl: "http://local-rpc",
    gatewayUrl: "http://local",
    contracts: { ...contracts },
    dev: true,
  };
  const config: Config = {
    version: 1,
    networks: {
      live: {
        gatewayUrl: "http://live",
        rpcUrl: "http://live-rpc",
        chainId: 1,
        contracts: { ...contracts },
        wallet: "savings",
      },
    },
  };

  function resolve(input: Partial<TargetInput> = {}) {
    const settings = { gatewayUrl: undefined, rpcUrl: undefined, network: undefined };
    return resolveTarget({ flags: {}, settings, config, local, ...input });
  }
});
