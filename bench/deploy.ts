/**
 * `npm run bench:deploy`: a lease from the block that carries `open` to the first HTTP 200 through the gateway, against
 * `docker run` of the same image, which is present. Options: `--rounds 20`, `--json FILE`, `--write` for
 * docs/PERFORMANCE.md. Exits with 1 when the bar is missed. Run it on a machine that does nothing else.
 */
import { buildContracts } from "../scripts/lib/build-steps.ts";
import { devAccount } from "../scripts/lib/dev-accounts.ts";
import { ensureDocker } from "../scripts/lib/docker/ensure-docker.ts";
import { ensureHelloImage } from "../scripts/lib/hello-image.ts";
import { startLocalNetwork } from "../scripts/lib/local-network.ts";
import { createCli } from "../scripts/lib/run-cli.ts";
import { runMain } from "../scripts/lib/run-main.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { type Bar, judge } from "./lib/bars.ts";
import { readDeployOptions } from "./lib/deploy/deploy-options.ts";
import { BENCH_NETWORK, timeDockerRun } from "./lib/deploy/run-container.ts";
import { LeaseTimer } from "./lib/deploy/run-lease.ts";
import { FIRST_ANSWER } from "./lib/deploy/stages.ts";
import { printReport, type Report, saveJson, writeSection } from "./lib/report.ts";
import { Samples } from "./lib/samples.ts";

const TITLES = { docker: "docker run", fizz: "Fizz" };
const BARS: readonly Bar[] = [
  {
    title: "from the block to the first 200, less docker run, s",
    wanted: "at most",
    bar: 1,
    ratio: (pick) => pick("fizz", FIRST_ANSWER) - pick("docker", FIRST_ANSWER),
  },
];

await runMain(async ({ cleanup, signal }) => {
  const { rounds, json, write } = readDeployOptions();
  await buildContracts(signal);
  const docker = cleanup.use("Docker Engine", await ensureDocker({ signal }));
  await ensureHelloImage(docker.client);
  const bridge = await docker.client.createNetwork({ Name: BENCH_NETWORK, Driver: "bridge" });
  cleanup.defer("bench network", async () => {
    await bridge.remove();
  });
  const network = cleanup.use("network", await startLocalNetwork({ docker, signal }));
  const home = cleanup.use("CLI's home", await createTempDir("cli"));
  const cli = await createCli(home.path, network.description, devAccount("tenant").privateKey);
  const leases = new LeaseTimer(network, cli);
  await leases.deposit();
  const samples = new Samples();
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    const ofDocker = async (): Promise<void> => {
      samples.add("docker", { [FIRST_ANSWER]: (await timeDockerRun(docker, signal)) / 1_000 });
    };
    const ofFizz = async (): Promise<void> => {
      samples.add("fizz", await leases.time(round, signal));
    };
    for (const turn of round % 2 === 0 ? [ofDocker, ofFizz] : [ofFizz, ofDocker]) await turn();
  }
  const bars = judge(BARS, samples, rounds);
  const report: Report = { name: "bench:deploy", rounds, titles: TITLES, samples, bars, yardstick: "docker" };
  printReport(report);
  if (json !== undefined) await saveJson(json, report);
  if (write) await writeSection(report);
  return bars.some(({ verdict }) => verdict === "missed") ? 1 : 0;
});
