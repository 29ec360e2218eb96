import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type Dockerode from "dockerode";
import { type Context } from "mocha";
import { DockerEngine } from "../../node-agent/src/containers/docker-engine.ts";
import { SANDBOX_IMAGE } from "../../node-agent/src/containers/sandbox-image.ts";
import { type SandboxInit } from "../../node-agent/src/containers/sandboxes.ts";
import { type Engine, findEngine } from "../../scripts/lib/docker/find-engine.ts";
import { ensureHelloImage } from "../../scripts/lib/hello-image.ts";
import { ensureSandboxImage } from "../../scripts/lib/sandbox-image.ts";
import { type Breakage } from "./engine-confinement.ts";

const SANDBOX: SandboxInit = { image: SANDBOX_IMAGE, egressKbit: 0, blocked: [], allowed: [] };

/** The Docker Engine of DOCKER_HOST or of this machine; the tests are skipped, and counted so, where there is none. */
export async function requireDocker(context: Context): Promise<Engine> {
  const engine = await findEngine();
  if (engine === undefined) return context.skip();
  await ensureHelloImage(engine.client);
  await ensureSandboxImage(engine.client);
  return engine;
}

export function newNodeName(): string {
  return `test-${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** An engine adapter whose containers nobody else has. @param changes To the usual confinement; null for none. */
export function testNode(
  engine: Engine,
  changes: Partial<SandboxInit> | null = {},
  node = newNodeName(),
): DockerEngine {
  const labels = { "fizz.test": String(process.pid) };
  const sandbox = changes === null ? undefined : { ...SANDBOX, ...changes };
  return new DockerEngine({ host: engine.host, node, labels, sandbox });
}

/** Does by hand what must not happen. */
export function breakageOf(docker: Dockerode): Breakage {
  const sandboxOf = async (id: string): Promise<Dockerode.Container> => {
    const { HostConfig: host } = await docker.getContainer(id).inspect();
    return docker.getContainer((host.NetworkMode ?? "").replace("container:", ""));
  };
  return {
    endSandbox: async (id) => {
      await (await sandboxOf(id)).kill();
    },
    removeSandbox: async (id) => {
      await (await sandboxOf(id)).remove({ force: true });
    },
    fillDisk: async (id, bytes) => {
      const dd = ["dd", "if=/dev/zero", "of=/filled", "bs=1000", `count=${bytes / 1_000}`];
      const exec = await docker.getContainer(id).exec({ Cmd: ["/bin/busybox", ...dd], AttachStdout: true });
      const stream = await exec.start({});
      stream.resume();
      await once(stream, "end");
    },
    removeAllButSandbox: async (id) => {
      await docker.getContainer(id).remove({ force: true });
    },
  };
}
