import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { expect } from "chai";
import type Dockerode from "dockerode";
import { stopOwnContainer } from "../../../node-agent/src/containers/own-container.ts";
import { HELLO_IMAGE } from "../../../scripts/lib/hello-image.ts";
import { requireDocker } from "../../compliance/engine-docker.ts";
import { codeOf } from "../../support/code-of.ts";

const END_WELL = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

describe("An agent that has its own container stopped", function () {
  this.timeout(60_000);

  it("ends it for good, although it is to be started again whenever it ends", async function () {
    const { client, host } = await requireDocker(this);
    const container = await begin(client, hostname());
    try {
      await stopOwnContainer(host, await nameOf(container));
      const { State: state, RestartCount: restarts } = await container.inspect();
      expect([state.Running, state.ExitCode, restarts]).to.deep.equal([false, 0, 0]);
      // Once more: it is not running, and that is what is wanted.
      await stopOwnContainer(host, await nameOf(container));
    } finally {
      await container.remove({ force: true });
    }
  });

  it("leaves another container of that name alone, and says so where there is none", async function () {
    const { client, host } = await requireDocker(this);
    const container = await begin(client, "another");
    try {
      const name = await nameOf(container);
      expect(await codeOf(stopOwnContainer(host, name))).to.equal("CONFIG_INVALID");
      expect((await container.inspect()).State.Running).to.equal(true);
      expect(await codeOf(stopOwnContainer(host, `${name}-not`))).to.equal("ENGINE_FAILED");
    } finally {
      await container.remove({ force: true });
    }
  });

  async function begin(docker: Dockerode, name: string): Promise<Dockerode.Container> {
    const container = await docker.createContainer({
      ...{ name: `fizz-own-${randomBytes(4).toString("hex")}`, Image: HELLO_IMAGE, Hostname: name },
      ...{ Entrypoint: ["/bin/sh", "-c", END_WELL], Labels: { "fizz.test": String(process.pid) } },
      HostConfig: { NetworkMode: "none", RestartPolicy: { Name: "unless-stopped" } },
    });
    await container.start();
    return container;
  }

  async function nameOf(container: Dockerode.Container): Promise<string> {
    return (await container.inspect()).Name.slice(1);
  }
});
