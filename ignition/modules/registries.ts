import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * The forwarder that all contracts believe, and the two registries. They are the deployer's until {@link protocol}
 * hands them over; registration fees go to the deployer until the rewards are there to take them.
 */
export default buildModule("Registries", (m) => {
  const deployer = m.getAccount(0);
  const forwarder = m.contract("FizzForwarder");
  const subnetRegistry = m.contract("SubnetRegistry", [deployer, forwarder]);
  const nodeRegistry = m.contract("NodeRegistry", [subnetRegistry, deployer, deployer, forwarder]);
  return { forwarder, subnetRegistry, nodeRegistry };
});
