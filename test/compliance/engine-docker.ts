import { randomBytes } from "node:crypto";
import { type Context } from "mocha";
import { DockerEngine } from "../../node-agent/src/containers/docker-engine.ts";
import { type Engine, findEngine } from "../../scripts/lib/docker/find-engine.ts";
import { ensureHelloImage } from "../../scripts/lib/hello-image.ts";

/** The Docker Engine of DOCKER_HOST or of this machine; the tests are skipped, and counted so, where there is none. */
export async function requireDocker(context: Context): Promise<Engine> {
  const engine = await findEngine();
  if (engine === undefined) return context.skip();
  await ensureHelloImage(engine.client);
  return engine;
}

/** An engine adapter whose containers nobody else has. */
export function testNode(engine: Engine): DockerEngine {
  const node = `test-${process.pid}-${randomBytes(4).toString("hex")}`;
  return new DockerEngine({ host: engine.host, node, labels: { "fizz.test": String(process.pid) } });
}
