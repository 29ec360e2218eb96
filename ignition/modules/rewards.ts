import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import capacity from "./capacity.ts";
import market from "./market.ts";
import registries from "./registries.ts";

/** The rewards. The treasury gets the part of the fees that no pool gets. */
export default buildModule("Rewards", (m) => {
  const deployer = m.getAccount(0);
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const { leaseMarket } = m.useModule(market);
  const { capacityRounds } = m.useModule(capacity);
  const eraRewards = m.contract("EraRewards", [
    nodeRegistry,
    subnetRegistry,
    leaseMarket,
    capacityRounds,
    m.getParameter("treasury", deployer),
    deployer,
    forwarder,
  ]);
  return { eraRewards };
});
