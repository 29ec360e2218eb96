import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

const DEFAULT_STAKE_WEI = 50_000_000_000_000_000n;
const DEFAULT_CUT_BPS = 1_000;
/** ISubnetRegistry.Admission */
const OPEN = 0;

/**
 * Registers one subnet; the deployer is its owner, and its governor at first. Who runs a gateway is seldom who deployed
 * the protocol: the registry is given by its address. A second subnet of the same owner needs a deployment id of its own.
 */
export default buildModule("Subnet", (m) => {
  const subnetRegistry = m.contractAt("SubnetRegistry", m.getParameter("subnetRegistry"));
  m.call(
    subnetRegistry,
    "registerSubnet",
    [
      {
        operator: m.getParameter("operator"),
        cutBps: m.getParameter("cutBps", DEFAULT_CUT_BPS),
        admission: m.getParameter("admission", OPEN),
        acceptsFizz: m.getParameter("acceptsFizz", true),
        acceptsProvider: m.getParameter("acceptsProvider", true),
        minCpuTier: m.getParameter("minCpuTier", 0),
        minGpuTier: m.getParameter("minGpuTier", 0),
        apiUrl: m.getParameter("apiUrl"),
        multiaddrs: m.getParameter("multiaddrs"),
        domain: m.getParameter("domain", ""),
      },
    ],
    { value: m.getParameter("stakeWei", DEFAULT_STAKE_WEI) },
  );
  return { subnetRegistry };
});
