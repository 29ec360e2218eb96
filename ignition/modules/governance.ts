import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import market from "./market.ts";
import registries from "./registries.ts";
import rewards from "./rewards.ts";

/** Five days: two more than a node needs to leave. */
const DEFAULT_TIMELOCK_DELAY_SECONDS = 432_000;
/** As executor: anybody may execute what is due. */
const ANYBODY = "0x0000000000000000000000000000000000000000";

/**
 * The protocol's timelock, and what makes governors of subnets. The two implementations are locked: only clones work.
 * Proposer and canceller should be two multi-signature wallets where it matters; without parameters both are the
 * deployer.
 */
export default buildModule("Governance", (m) => {
  const deployer = m.getAccount(0);
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const { leaseMarket } = m.useModule(market);
  const { eraRewards } = m.useModule(rewards);
  const protocolTimelock = m.contract("ProtocolTimelock", [
    m.getParameter("timelockDelaySeconds", DEFAULT_TIMELOCK_DELAY_SECONDS),
    nodeRegistry,
    {
      proposers: [m.getParameter("proposer", deployer)],
      executors: [m.getParameter("executor", ANYBODY)],
      cancellers: [m.getParameter("canceller", deployer)],
    },
  ]);
  const governorCode = m.contract("SubnetGovernor", [subnetRegistry, eraRewards, nodeRegistry, forwarder]);
  const votesCode = m.contract("SubnetVotes", [leaseMarket, nodeRegistry]);
  const subnetGovernorFactory = m.contract("SubnetGovernorFactory", [
    governorCode,
    votesCode,
    subnetRegistry,
    forwarder,
  ]);
  return { protocolTimelock, subnetGovernorFactory };
});
