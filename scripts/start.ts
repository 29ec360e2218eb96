/** `npm start`: a whole network on this machine, with the hello example running on it, until Ctrl-C. */
import { bothSettled } from "./lib/both-settled.ts";
import { buildContracts, buildWeb } from "./lib/build-steps.ts";
import { type Cleanup } from "./lib/cleanup.ts";
import { deploymentJsonSchema } from "./lib/deployment-json.ts";
import { devAccount } from "./lib/dev-accounts.ts";
import { type DockerHandle, ensureDocker } from "./lib/docker/ensure-docker.ts";
import { freePort } from "./lib/free-port.ts";
import { ensureHelloImage } from "./lib/hello-image.ts";
import { type LocalNetwork, startLocalNetwork } from "./lib/local-network.ts";
import { publishNetwork } from "./lib/network-description.ts";
import { inRoot } from "./lib/paths.ts";
import { withProgress } from "./lib/progress.js";
import { createCli } from "./lib/run-cli.ts";
import { runMain, untilAborted } from "./lib/run-main.ts";
import { serveWeb } from "./lib/serve-web.ts";
import { type Daemon } from "./lib/spawn-daemon.ts";
import { createTempDir } from "./lib/temp-dir.ts";
import { waitForHttp } from "./lib/wait-for-http.ts";

const PORTS = { chain: 8545, gatewayApi: 4800, gatewayTcp: 4801, gatewayWebSocket: 4802, firstDoor: 30_000 };
const WEB_PORT = 4880;
const LOCAL_ORIGINS = ["http://127.0.0.1:*", "ws://127.0.0.1:*", "http://localhost:*", "ws://localhost:*"];

async function prepareDocker(
  cleanup: Cleanup,
  options: { verbose: boolean; signal: AbortSignal },
): Promise<DockerHandle> {
  const docker = cleanup.use("Docker Engine", await ensureDocker(options));
  await ensureHelloImage(docker.client);
  return docker;
}

/** Deploys the example as its reader would, and waits until it answers. */
async function deployHello(
  network: LocalNetwork,
  cleanup: Cleanup,
  signal: AbortSignal,
): Promise<{ lid: bigint; url: string }> {
  const home = cleanup.use("CLI's home", await createTempDir("cli"));
  const cli = await createCli(home.path, network.description, devAccount("tenant").privateKey);
  const answer = await cli.json(
    ["deployment", "create", inRoot("examples/hello.yaml"), "--yes", "--json"],
    signal,
  );
  const deployment = deploymentJsonSchema.parse(answer);
  const url = deployment.endpoints[0]?.url ?? "";
  await waitForHttp(url, { signal });
  return { lid: deployment.lid, url };
}

function printTable(rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  process.stdout.write(`\nFizz runs on this machine.\n\n${lines.join("\n")}\n\nCtrl-C ends all of it.\n`);
}

/** Resolves with a sentence when a program ends that nobody asked to end. */
async function untilSomethingEnds(daemons: readonly Daemon[]): Promise<string> {
  return await Promise.race(
    daemons.map(async (daemon) => {
      const { code, signal } = await daemon.exited;
      return `${daemon.name} ended by itself (${signal ?? `code ${String(code)}`}). Its last lines:\n${daemon.tail()}`;
    }),
  );
}

await runMain(
  async ({ cleanup, signal }) => {
    const verbose = process.argv.includes("--verbose");
    await buildContracts(signal);
    const [docker] = await bothSettled(prepareDocker(cleanup, { verbose, signal }), buildWeb(signal));
    signal.throwIfAborted();
    const webPort = await freePort(WEB_PORT);
    const webUrl = `http://127.0.0.1:${webPort}`;
    const network = cleanup.use(
      "network",
      await startLocalNetwork({ docker, ports: PORTS, webUrl, verbose, signal }),
    );
    const { description } = network;
    cleanup.use(
      "dApp",
      await serveWeb({ port: webPort, network: () => description, connect: LOCAL_ORIGINS }),
    );
    cleanup.use("network.json", await publishNetwork(description));
    const hello = await withProgress("Deploying examples/hello.yaml", () =>
      deployHello(network, cleanup, signal),
    );
    printTable([
      ["dApp", webUrl],
      ["gateway", description.gatewayUrl],
      ["hello service", hello.url],
      ["its logs", `npx fizz deployment logs --lid ${hello.lid} --follow`],
      ["chain", `${description.rpcUrl} (id ${description.chainId})`],
      ["log files", network.logDir],
    ]);
    const ended = await Promise.race([
      untilAborted(signal),
      untilSomethingEnds([network.gateway(), network.node()]),
    ]);
    if (ended === undefined) return 0;
    process.stderr.write(`${ended}\n`);
    return 1;
  },
  { signalIsNormalEnd: true },
);
