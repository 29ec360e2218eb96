import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

const DAY_SECONDS = 86_400;

/**
 * Gives a subnet to its electorate: makes a governor clone and hands over to it. The deployer is the subnet's owner and
 * governor. There is no way back but a vote, so this comes when nodes have earned enough to reach the quorum, and is no
 * part of registering.
 */
export default buildModule("SubnetGovernor", (m) => {
  const subnetId = m.getParameter<number>("subnetId");
  const subnetRegistry = m.contractAt("SubnetRegistry", m.getParameter("subnetRegistry"));
  const factory = m.contractAt("SubnetGovernorFactory", m.getParameter("subnetGovernorFactory"));
  const created = m.call(factory, "createGovernor", [
    subnetId,
    {
      votingDelay: m.getParameter("votingDelaySeconds", 2 * DAY_SECONDS),
      votingPeriod: m.getParameter("votingPeriodSeconds", 5 * DAY_SECONDS),
      executionDelay: m.getParameter("executionDelaySeconds", 5 * DAY_SECONDS),
      quorumBps: m.getParameter("quorumBps", 2_000),
      quorumFloor: m.getParameter("quorumFloorWei", 1_000_000_000_000_000_000n),
      proposalThreshold: m.getParameter("proposalThresholdWei", 100_000_000_000_000_000n),
    },
  ]);
  const address = m.readEventArgument(created, "GovernorCreated", "governor");
  const governor = m.contractAt("SubnetGovernor", address);
  m.call(subnetRegistry, "setGovernor", [subnetId, governor]);
  return { governor };
});
