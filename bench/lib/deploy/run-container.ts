import type Dockerode from "dockerode";
import { type Engine } from "../../../scripts/lib/docker/find-engine.ts";
import { HELLO_IMAGE } from "../../../scripts/lib/hello-image.ts";
import { runCommand } from "../../../scripts/lib/run-command.ts";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { containerStart } from "./container-start.ts";
import { firstAnswer } from "./first-answer.ts";

/** Where `docker run` puts its container: an engine of our own has no default bridge. */
export const BENCH_NETWORK = "fizz-bench-deploy";
const NAME = "fizz-bench-deploy";
const PORT = 8080;
/** Those of examples/hello.yaml. */
const LIMITS = ["--cpus", "0.5", "--memory", "128m", "--memory-swap", "128m"];

/** Milliseconds from `docker run` to the first 200 at the container's own address. The container is removed after that. */
export async function timeDockerRun({ host, client }: Engine, signal: AbortSignal): Promise<number> {
  const docker = ["docker", "--host", host];
  const address = await addressOnStart(client, signal);
  const started = Date.now();
  const argv = [...docker, "run", "--detach", "--name", NAME, "--network", BENCH_NETWORK];
  const run = runCommand([...argv, ...LIMITS, HELLO_IMAGE], { signal });
  const mustRun = async (): Promise<void> => {
    const { status, stderr } = await run;
    if (status !== 0) throw new ScriptError("BENCH_FAILED", "docker run failed.", { details: stderr });
  };
  try {
    const answered = address().then((found) => firstAnswer({ host: found, port: PORT }, signal));
    answered.catch(() => undefined);
    await mustRun();
    return (await answered) - started;
  } finally {
    await runCommand([...docker, "rm", "--force", NAME]);
  }
}

/** The container's address as soon as it has started. Nobody asks before: unanswered ARP costs a second. */
async function addressOnStart(client: Dockerode, signal: AbortSignal): Promise<() => Promise<string>> {
  const started = await containerStart(client, { container: [NAME] }, signal);
  return async () => {
    await started();
    const { NetworkSettings } = await client.getContainer(NAME).inspect();
    return NetworkSettings.Networks[BENCH_NETWORK]?.IPAddress ?? "";
  };
}
