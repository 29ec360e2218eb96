import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import market from "./market.ts";
import registries from "./registries.ts";

/** The capacity rounds. Nobody owns them. */
export default buildModule("Capacity", (m) => {
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const { leaseMarket } = m.useModule(market);
  const capacityRounds = m.contract("CapacityRounds", [nodeRegistry, subnetRegistry, leaseMarket, forwarder]);
  return { capacityRounds };
});
