/** `npm run demo`: the network of `npm start` on free ports, one scripted tenant, and an exit code. */
import { buildContracts } from "./lib/build-steps.ts";
import { runTenant } from "./lib/demo/run-tenant.ts";
import { devAccount } from "./lib/dev-accounts.ts";
import { ensureDocker } from "./lib/docker/ensure-docker.ts";
import { ensureHelloImage } from "./lib/hello-image.ts";
import { startLocalNetwork } from "./lib/local-network.ts";
import { createCli } from "./lib/run-cli.ts";
import { runMain } from "./lib/run-main.ts";
import { createTempDir } from "./lib/temp-dir.ts";

await runMain(async ({ cleanup, signal }) => {
  const verbose = process.argv.includes("--verbose");
  await buildContracts(signal);
  const docker = cleanup.use("Docker Engine", await ensureDocker({ verbose, signal }));
  await ensureHelloImage(docker.client);
  const network = cleanup.use("network", await startLocalNetwork({ docker, verbose, signal }));
  const home = cleanup.use("CLI's home", await createTempDir("cli"));
  const cli = await createCli(home.path, network.description, devAccount("tenant").privateKey);
  await runTenant(network, cli, signal);
  return 0;
});
