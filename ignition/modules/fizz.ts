import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

const DEFAULT_PROTOCOL_CUT_BPS = 500;
/** A day: the time in which a gateway's claim of downtime, or a receipt against it, can be brought. */
const DEFAULT_HOLDBACK_SECONDS = 86_400;

/** The three contracts and the forwarder that they believe. LeaseMarket allows the native coin by itself; its owner allows further tokens. */
export default buildModule("Fizz", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter("owner", deployer);
  const treasury = m.getParameter("treasury", deployer);
  const feeReceiver = m.getParameter("feeReceiver", deployer);
  const protocolCutBps = m.getParameter("protocolCutBps", DEFAULT_PROTOCOL_CUT_BPS);
  const holdbackSeconds = m.getParameter("holdbackSeconds", DEFAULT_HOLDBACK_SECONDS);

  const forwarder = m.contract("FizzForwarder");
  const subnetRegistry = m.contract("SubnetRegistry", [owner, forwarder]);
  const nodeRegistry = m.contract("NodeRegistry", [subnetRegistry, feeReceiver, owner, forwarder]);
  const leaseMarket = m.contract("LeaseMarket", [
    nodeRegistry,
    subnetRegistry,
    treasury,
    owner,
    protocolCutBps,
    holdbackSeconds,
    forwarder,
  ]);
  return { forwarder, nodeRegistry, subnetRegistry, leaseMarket };
});
