import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import capacity from "./capacity.ts";
import governance from "./governance.ts";
import market from "./market.ts";
import registries from "./registries.ts";
import rewards from "./rewards.ts";
import slashing from "./slashing.ts";

/**
 * The whole protocol, wired, and owned by its timelock when this is over.
 *
 * The deployer owns the contracts while they are wired: what they need of each other exists only then. It then offers
 * each of them to the timelock, which takes what is offered without a delay (`acceptOwnership` is open to all). So
 * nothing is left to the deployer, and nothing waits for the first delay.
 */
export default buildModule("Protocol", (m) => {
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const { leaseMarket } = m.useModule(market);
  const { capacityRounds } = m.useModule(capacity);
  const { eraRewards } = m.useModule(rewards);
  const { slasher } = m.useModule(slashing);
  const { protocolTimelock, subnetGovernorFactory } = m.useModule(governance);

  // Each contract learns its slasher once; fees and cuts go to the rewards from now on.
  const wiring = [
    m.call(subnetRegistry, "setSlasher", [slasher]),
    m.call(nodeRegistry, "setSlasher", [slasher]),
    m.call(leaseMarket, "setSlasher", [slasher]),
    m.call(eraRewards, "setSlasher", [slasher]),
    m.call(nodeRegistry, "setFeeReceiver", [eraRewards]),
    m.call(leaseMarket, "setTreasury", [eraRewards]),
  ];

  for (const owned of [subnetRegistry, nodeRegistry, leaseMarket, eraRewards, slasher]) {
    const name = owned.contractName;
    const offer = m.call(owned, "transferOwnership", [protocolTimelock], {
      after: wiring,
      id: `offer${name}`,
    });
    m.call(protocolTimelock, "acceptOwnership", [owned], { after: [offer], id: `accept${name}` });
  }

  return {
    ...{ forwarder, subnetRegistry, nodeRegistry, leaseMarket, capacityRounds, eraRewards, slasher },
    ...{ protocolTimelock, subnetGovernorFactory },
  };
});
