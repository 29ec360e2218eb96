import { expect } from "chai";
import { checkConfinement } from "../../../node-agent/src/commands/doctor.ts";
import { loadConfig } from "../../../node-agent/src/config.ts";
import { requireDocker } from "../../compliance/engine-docker.ts";
import { codeOf } from "../../support/code-of.ts";
import { CONTRACTS } from "../support/loopback-gateway.ts";

describe("doctor, of confinement", function () {
  this.timeout(60_000);
  const configWith = (settings: Readonly<Record<string, string>>) =>
    loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      ...settings,
    });

  it("starts a container in a sandbox, and tells that it does not reach this machine", async function () {
    const { host, client } = await requireDocker(this);
    const verdicts = await checkConfinement(configWith({ DOCKER_HOST: host }));
    expect(verdicts).to.deep.equal([
      ["ok", "Containers start in sandboxes and do not reach this machine"],
      ["ok", "The agent reaches the ports of containers"],
      ["ok", "What containers have on disk is watched; the engine sets no quota"],
    ]);
    const left = await client.listContainers({ all: true, filters: { label: ["fizz.service=doctor"] } });
    expect(left).to.deep.equal([]);
  });

  it("fails where the image of the sandboxes cannot be had", async function () {
    const { host } = await requireDocker(this);
    const FIZZ_NODE_SANDBOX_IMAGE = "127.0.0.1:9/no/such-image:1";
    const checked = checkConfinement(configWith({ DOCKER_HOST: host, FIZZ_NODE_SANDBOX_IMAGE }));
    expect(await codeOf(checked)).to.equal("IMAGE_PULL_FAILED");
  });

  it("warns where there are to be none", async () => {
    const [verdict] = await checkConfinement(configWith({ FIZZ_NODE_SANDBOX: "off" }));
    expect(verdict?.[0]).to.equal("warn");
  });
});
