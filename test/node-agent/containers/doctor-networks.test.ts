import { expect } from "chai";
import { checkNetworks } from "../../../node-agent/src/commands/check-networks.ts";
import { type Config, loadConfig } from "../../../node-agent/src/config.ts";
import { requireDocker } from "../../compliance/engine-docker.ts";
import { CONTRACTS } from "../support/loopback-gateway.ts";
import { RecordingEngine } from "../support/recording-engine.ts";

const POOLS = { DefaultAddressPools: [{ Base: "10.9.0.0/16", Size: 24 }] };
const BRIDGE = { Name: "bridge", Labels: null };
const LEASES = { Name: "fizz-1", Labels: { "fizz.node": "0x1" } };

describe("doctor, of networks", function () {
  this.timeout(30_000);
  let recorder: RecordingEngine;

  beforeEach(async () => {
    recorder = await RecordingEngine.start();
  });
  afterEach(async () => {
    await recorder.stop();
  });

  it("warns where the engine's own pools are too small, and counts no lease's network against them", async () => {
    recorder.networks = [BRIDGE, LEASES];
    expect(await levelOf(30)).to.equal("ok");
    expect(await levelOf(31)).to.equal("warn");
    recorder.networks = [BRIDGE, { Name: "compose_default", Labels: {} }];
    expect(await levelOf(30)).to.equal("warn");
  });

  it("passes an engine with pools for all", async () => {
    Object.assign(recorder, { info: POOLS, networks: [BRIDGE] });
    expect(await levelOf(200)).to.equal("ok");
  });

  it("reads a real engine's", async function () {
    const { host } = await requireDocker(this);
    expect(await levelOf(1, host)).to.equal("ok");
  });

  async function levelOf(maxLeases: number, host = recorder.host): Promise<string | undefined> {
    return (await checkNetworks(config(maxLeases, host)))[0]?.[0];
  }

  function config(maxLeases: number, host: string): Config {
    return loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_NODE_MAX_LEASES: String(maxLeases),
      DOCKER_HOST: host,
    });
  }
});
