import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

const DEFAULT_PROTOCOL_CUT_BPS = 500;

/** The three contracts. LeaseMarket allows the native coin by itself; its owner allows further tokens. */
export default buildModule("Fizz", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter("owner", deployer);
  const treasury = m.getParameter("treasury", deployer);
  const feeReceiver = m.getParameter("feeReceiver", deployer);
  const protocolCutBps = m.getParameter("protocolCutBps", DEFAULT_PROTOCOL_CUT_BPS);

  const forwarder = m.contract("FizzForwarder");
  const subnetRegistry = m.contract("SubnetRegistry", [owner, forwarder]);
  const nodeRegistry = m.contract("NodeRegistry", [subnetRegistry, feeReceiver, owner, forwarder]);
  const leaseMarket = m.contract("LeaseMarket", [
    nodeRegistry,
    subnetRegistry,
    treasury,
    owner,
    protocolCutBps,
  ]);
  return { forwarder, nodeRegistry, subnetRegistry, leaseMarket };
});
