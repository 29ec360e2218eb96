import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { expect } from "chai";
import { connectChain } from "../../node-agent/src/chain/clients.ts";
import { NodeChain } from "../../node-agent/src/chain/node-chain.ts";
import { RelayedCalls } from "../../node-agent/src/chain/relayed-calls.ts";
import { Transactions } from "../../node-agent/src/chain/transactions.ts";
import { systemClock } from "../../node-agent/src/system-clock.ts";
import { createGateway } from "../../relayer/src/app.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { codeOf } from "../support/code-of.ts";
import { leaseRecord } from "../node-agent/support/builders.ts";
import { silentLog } from "../node-agent/support/silent-log.ts";
import { eventually, memoryLogger } from "../relayer/support/builders.ts";
import { GATEWAY_KEY, NODE_KEY } from "../relayer/support/chain-world.ts";
import { deployRelayWorld } from "../relayer/support/relay-world.ts";

const POLL_MS = 50;

/** A whole gateway with its own store, over HTTP, on a real chain. */
describe("a node without coins behind a whole gateway", function () {
  this.timeout(180_000);
  const running: (() => Promise<void>)[] = [];
  after(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("starts its leases, over a restart of the gateway with a transaction on its way", async () => {
    const world = await deployRelayWorld(2);
    running.push(() => world.anvil.stop());
    const directory = mkdtempSync(join(tmpdir(), "fizz-relay-test-"));
    running.push(async () => {
      rmSync(directory, { recursive: true, force: true });
      await Promise.resolve();
    });
    const [first, second] = world.leases.map((lease) => leaseRecord(lease));
    if (first === undefined || second === undefined) throw new Error("no leases");

    const gateway = await startGateway(directory);
    await gateway.nodeChain.confirmStart(first);
    expect(await world.stateOf(first.lid)).to.equal("active");

    await world.test.setAutomine(false);
    expect(await codeOf(gateway.nodeChain.confirmStart(second))).to.equal("TX_LOST");
    const { requests } = await gateway.api.signerQueue(world.node.address);
    const waiting = requests.find(({ nonce }) => nonce === 1n);
    expect(waiting?.state).to.equal("sent");
    const { txHash } = waiting ?? {};
    await gateway.stop();
    await world.test.dropTransaction({ hash: txHash ?? "0x" });

    const again = await startGateway(directory);
    const id = waiting?.id ?? "0x";
    await eventually(() => world.relay.isKnown(txHash ?? "0x"), 20_000);
    await world.test.mine({ blocks: 1 });
    await eventually(async () => (await again.api.relayedRequest(id)).state === "mined", 20_000);
    await world.test.mine({ blocks: 2 });
    await eventually(async () => (await again.api.relayedRequest(id)).state === "final", 20_000);
    expect(await again.api.relayedRequest(id)).to.deep.include({ txHash });
    expect(await world.stateOf(second.lid)).to.equal("active");
    expect(await world.executedOf()).to.equal(2n);
    expect(await world.client.getBalance({ address: world.node.address })).to.equal(0n);
    const metrics = await (await fetch(`${again.adminUrl}/metrics`)).text();
    expect(metrics).to.match(/\nfizz_gateway_relay_day_requests 2\n/);

    async function startGateway(dataDir: string) {
      const { anvil, contracts, node } = world;
      const config = loadConfig(undefined, {
        FIZZ_RPC_URL: anvil.rpcUrl,
        FIZZ_CONTRACTS: JSON.stringify(contracts),
        FIZZ_GATEWAY_KEY_FILE: "gateway.key",
        FIZZ_GATEWAY_API_HOST: "127.0.0.1",
        FIZZ_GATEWAY_API_PORT: "0",
        FIZZ_GATEWAY_ADMIN_PORT: "0",
        FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
        FIZZ_GATEWAY_LINK_PORT: "0",
        FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
        FIZZ_GATEWAY_DATA_DIR: dataDir,
        FIZZ_GATEWAY_RATE_LIMIT: "100000",
        FIZZ_POLL_MS: String(POLL_MS),
      });
      const made = createGateway({ config, key: GATEWAY_KEY }, memoryLogger());
      running.push(() => made.stop());
      const { apiUrl, adminUrl = "" } = await made.start();
      const api = gatewayApi({ baseUrl: apiUrl, fetch });
      const clients = await connectChain(anvil.rpcUrl, contracts);
      const { client } = clients;
      const direct = new Transactions({ client, wallet: clients.walletOf(NODE_KEY), log: silentLog });
      const transactions = new RelayedCalls(
        { client, direct, gateway: api, account: node, clock: systemClock, log: silentLog },
        { mode: "auto", chainId: 31_337, contracts, pollMs: POLL_MS, minedTimeoutMs: 3_000 },
      );
      const init = { chainId: 31_337, contracts, operator: node.address, confirmations: 2 };
      return {
        api,
        adminUrl,
        stop: () => made.stop(),
        nodeChain: new NodeChain({ client, transactions }, init),
      };
    }
  });
});
