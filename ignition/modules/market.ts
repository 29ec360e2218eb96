import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import registries from "./registries.ts";

const DEFAULT_PROTOCOL_CUT_BPS = 500;
/** A day: the time in which a claim of downtime, or a receipt against it, can be brought. */
const DEFAULT_HOLDBACK_SECONDS = 86_400;

/** The lease market. It allows the native coin by itself; its owner allows further tokens. */
export default buildModule("Market", (m) => {
  const deployer = m.getAccount(0);
  const { forwarder, subnetRegistry, nodeRegistry } = m.useModule(registries);
  const leaseMarket = m.contract("LeaseMarket", [
    nodeRegistry,
    subnetRegistry,
    deployer,
    deployer,
    m.getParameter("protocolCutBps", DEFAULT_PROTOCOL_CUT_BPS),
    m.getParameter("holdbackSeconds", DEFAULT_HOLDBACK_SECONDS),
    forwarder,
  ]);
  return { leaseMarket };
});
