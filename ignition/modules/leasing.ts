import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import market from "./market.ts";
import registries from "./registries.ts";

/**
 * What gateways, nodes and tenants use today: the forwarder, the registries and the market, owned by the deployer. For
 * development chains, where it starts in a third of the time; {@link protocol} is the whole.
 */
export default buildModule("Leasing", (m) => {
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const { leaseMarket } = m.useModule(market);
  return { forwarder, subnetRegistry, nodeRegistry, leaseMarket };
});
