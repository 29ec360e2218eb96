import { leaseStateOf } from "@fizz/protocol/chain";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { closeReasons, nameOfReason } from "@fizz/protocol/reasons";
import { amount, costOf, rate, seconds } from "@fizz/protocol/units";
import { formatEther, parseEther } from "viem";
import { devAccount } from "../dev-accounts.ts";
import { type LocalNetwork } from "../local-network.ts";
import { type Cli } from "../run-cli.ts";
import { waitForHttp } from "../wait-for-http.ts";
import { Market, type Withdrawal } from "./market.ts";
import { composeHelloLease, deliverSealed, readHelloOrder, requireQuote } from "./order.ts";
import { type Facts, requireEqual, Steps } from "./steps.ts";
import { Watch } from "./watch.ts";

const DEPOSIT = parseEther("0.01");

/**
 * A tenant's whole life on a network, one step after the other, each checked: what the chain says about money is held
 * against what was expected, in wei.
 */
export async function runTenant(network: LocalNetwork, cli: Cli, signal: AbortSignal): Promise<void> {
  const { description, chain } = network;
  const tenant = devAccount("tenant").account;
  const nodeOwner = devAccount("nodeOwner").account;
  const market = new Market(chain, description.contracts.leaseMarket);
  const gateway = gatewayApi({ baseUrl: description.gatewayUrl, fetch });
  const steps = new Steps(signal);

  await steps.run(
    "deposit",
    async () => {
      const receipt = await market.deposit(tenant, DEPOSIT);
      requireEqual("free balance", await market.freeOf(tenant.address), DEPOSIT);
      return receipt;
    },
    (receipt) => ({ tenant: tenant.address, amountWei: DEPOSIT, tx: receipt.transactionHash }),
  );

  const { order, prepaidSeconds } = await readHelloOrder();
  const quote = await steps.run(
    "quote",
    () => requireQuote(gateway, order, tenant.address),
    ({ signed, score }) => ({
      node: signed.quote.nodeId,
      score,
      ratePerSecondScaled: signed.quote.ratePerSecond,
    }),
  );

  const composed = composeHelloLease(description, tenant.address, { order, quote, prepaidSeconds });
  const lid = await steps.run(
    "open",
    async () => {
      const opened = await market.open(tenant, quote.signed, composed);
      requireEqual("balance of the lease", (await market.leaseOf(opened)).balance, composed.locked);
      requireEqual("free balance", await market.freeOf(tenant.address), DEPOSIT - composed.locked);
      return opened;
    },
    (opened) => ({ lid: opened, leaseHash: composed.leaseHash, lockedWei: composed.locked }),
  );

  await steps.run(
    "sealed manifest",
    () => deliverSealed(gateway, description, { composed, lid, operator: network.nodeOperator }),
    ({ signed, sealedBytes }) => ({
      manifestHash: signed.receipt.manifestHash,
      sealedBytes,
      receipt: signed.signature,
    }),
  );

  const watch = new Watch(cli, lid, signal);
  await steps.run(
    "image",
    () => watch.event("image.pulled"),
    ({ event }) => ({ image: order.sealedPart.services[0]?.image, message: event.message }),
  );
  await steps.run(
    "container",
    () => watch.event("container.started"),
    ({ event }) => ({ service: event.service, replica: event.replica }),
  );
  const deployment = await steps.run(
    "confirmStart",
    async () => {
      await watch.event("lease.confirmed");
      return await watch.ready();
    },
    ({ state, replicas, endpoints }) => ({ state, replicas, url: endpoints[0]?.url }),
  );
  const { settledAt: startedAt, state } = await market.leaseOf(lid);
  if (leaseStateOf(state) !== "active") throw new Error(`the lease is ${leaseStateOf(state)} on chain`);

  const url = deployment.endpoints[0]?.url ?? "";
  await steps.run(
    "http",
    async () => {
      const answer = await waitForHttp(url, { signal });
      if (!answer.text.includes("Hello from Fizz")) throw new Error(`${url} answers something else`);
      return answer;
    },
    ({ status, text }) => ({ url, status, bytes: text.length }),
  );
  await steps.run(
    "logs",
    () => watch.logLine("serving on port 8080"),
    (line) => ({ line }),
  );

  const closing = await steps.run(
    "close",
    async () => {
      const closed = await market.close(tenant, lid, closeReasons["tenant.closed"]);
      const lasted = seconds(closed.closedAt - startedAt);
      const most = costOf(rate(quote.signed.quote.ratePerSecond), lasted);
      requireEqual(
        "node, subnet and protocol shares",
        closed.toNode + closed.toSubnet + closed.toProtocol,
        closed.paid,
      );
      // costOf rounds up and the chain credits whole units only.
      if (closed.paid !== most && closed.paid !== amount(most - 1n)) requireEqual("paid", closed.paid, most);
      return { ...closed, lasted };
    },
    ({ reason, lasted, paid, hash }) => ({
      reason: nameOfReason(reason),
      billedSeconds: lasted,
      paidWei: paid,
      tx: hash,
    }),
  );

  await steps.run(
    "refund",
    async () => {
      requireEqual("refund", closing.refunded, composed.locked - closing.paid);
      requireEqual("free balance", await market.freeOf(tenant.address), DEPOSIT - closing.paid);
      requireEqual("balance of the lease", (await market.leaseOf(lid)).balance, 0n);
      return await checkedWithdrawal(market, tenant);
    },
    (withdrawal) => ({ refundedWei: closing.refunded, ...factsOf(withdrawal) }),
  );
  await steps.run(
    "earnings",
    async () => {
      await market.collect(tenant, quote.signed.quote);
      requireEqual("the node owner's earnings", await market.freeOf(nodeOwner.address), closing.toNode);
      requireEqual("the gateway owner's cut", await market.freeOf(network.gatewayOwner), closing.toSubnet);
      return await checkedWithdrawal(market, nodeOwner);
    },
    (withdrawal) => ({
      toNodeWei: closing.toNode,
      toSubnetWei: closing.toSubnet,
      toProtocolWei: closing.toProtocol,
      ...factsOf(withdrawal),
    }),
  );
  steps.end();
}

/** Withdraws, and checks that the wallet has it all, less the gas. */
async function checkedWithdrawal(
  market: Market,
  account: ReturnType<typeof devAccount>["account"],
): Promise<Withdrawal> {
  const withdrawal = await market.withdrawAll(account);
  const { balanceBefore, balanceAfter, amount: taken, gas } = withdrawal;
  requireEqual("balance of the wallet", balanceAfter, balanceBefore + taken - gas);
  return withdrawal;
}

function factsOf({ amount: taken, gas, balanceAfter }: Withdrawal): Facts {
  return { withdrawnWei: taken, gasWei: gas, walletEther: formatEther(balanceAfter) };
}
