import { expect } from "chai";
import { deploymentJsonSchema } from "../../../scripts/lib/deployment-json.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { type Place } from "../../../scripts/lib/place.ts";
import { type Cli } from "../../../scripts/lib/run-cli.ts";
import { runCommand } from "../../../scripts/lib/run-command.ts";
import { type NatNetwork, startNatNetwork, whyNoNatNetwork } from "../../support/netns/nat-network.ts";

/** A container runs before its program listens: a refused connection is tried again, for ten seconds. */
const FETCH = `
let started;
const attempt = async (left) => {
  started = performance.now();
  try {
    return await fetch(process.argv[1], { signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    if (left === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return await attempt(left - 1);
  }
};
const response = await attempt(20);
const text = await response.text();
console.log(JSON.stringify({ status: response.status, text, ms: performance.now() - started }));
`;
const CONNECT = `
import { connect } from "node:net";
const socket = connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: 2000 });
const end = (text) => { console.log(text); process.exit(0); };
socket.on("connect", () => end("open")).on("timeout", () => end("silent")).on("error", (error) => end(error.code));
`;

describe("tenant, gateway and node on hosts of their own, the node behind NAT", function () {
  this.timeout(180_000);
  let nat: NatNetwork | undefined;
  let cli: Cli;
  before(async function () {
    if (whyNoNatNetwork() !== undefined) return this.skip();
    nat = await startNatNetwork();
    cli = await nat.tenantCli(devAccount("tenant").privateKey);
  });
  after(async () => {
    await nat?.stop();
  });

  it("lets nobody reach the node, neither at its own address nor at that of its router", async () => {
    const { lab } = required(nat);
    for (const address of [lab.node.address, lab.nodePublicAddress]) {
      for (const from of [lab.tenant, lab.gateway]) {
        expect(await runNode(from, CONNECT, [address, "22"])).to.not.equal("open");
        expect(await runNode(from, CONNECT, [address, "4001"])).to.be.oneOf([
          "silent",
          "ENETUNREACH",
          "EHOSTUNREACH",
        ]);
      }
    }
  });

  it("deploys, answers through the gateway's public port, shows its logs end to end, and closes", async () => {
    const { lab } = required(nat);
    const created = await cli.json([
      "deployment",
      "create",
      inRoot("examples/hello.yaml"),
      "--yes",
      "--json",
    ]);
    const { lid, state, endpoints } = deploymentJsonSchema.parse(created);
    expect(state).to.equal("active");
    const url = endpoints[0]?.url ?? "";
    expect(new URL(url).hostname).to.equal(lab.gateway.address);

    const answer = JSON.parse(await runNode(lab.tenant, FETCH, [url])) as {
      status: number;
      text: string;
      ms: number;
    };
    expect(answer.status).to.equal(200);
    expect(answer.text).to.include("Hello from Fizz");
    expect(answer.ms, "both directions of the node's link are slow").to.be.greaterThan(80);

    const logs = await cli.run(["deployment", "logs", "--lid", String(lid)]);
    expect(logs.stdout, logs.stderr).to.include("serving on port 8080");
    const closed = await cli.run(["deployment", "close", "--lid", String(lid), "--yes"]);
    expect(closed.status, closed.stderr).to.equal(0);
  });
});

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the network was not started");
  return value;
}

/** Runs a few lines of JavaScript on a host, and returns what they print. */
async function runNode(place: Place, script: string, args: readonly string[]): Promise<string> {
  const argv = [...place.prefix, process.execPath, "--input-type=module", "-e", script, "--", ...args];
  const result = await runCommand(argv);
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout.trim();
}
