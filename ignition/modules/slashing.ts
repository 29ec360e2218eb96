import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import capacity from "./capacity.ts";
import market from "./market.ts";
import registries from "./registries.ts";
import rewards from "./rewards.ts";

/** The slasher. The pool gets what of a penalty is nobody's in particular; it must take plain payments. */
export default buildModule("Slashing", (m) => {
  const deployer = m.getAccount(0);
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const { leaseMarket } = m.useModule(market);
  const { capacityRounds } = m.useModule(capacity);
  const { eraRewards } = m.useModule(rewards);
  const slasher = m.contract("Slasher", [
    nodeRegistry,
    subnetRegistry,
    leaseMarket,
    capacityRounds,
    eraRewards,
    m.getParameter("pool", deployer),
    deployer,
    forwarder,
  ]);
  return { slasher };
});
