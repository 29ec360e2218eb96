import { type Address, formatEther } from "viem";
import { type OperatorFacts, readOperatorFacts, type SubnetFacts } from "../chain/operator-facts.ts";
import { type Config } from "../config.ts";
import { announcedAddresses } from "../p2p/announce.ts";
import { fail, ok, type Verdict, warn } from "./verdict.ts";

/** Blocks further away from this machine's clock tell that one of both is wrong, in seconds. */
const MAX_SKEW_SECONDS = 30;
const REGISTER = "Run: npm run gateway -- register";

/** What the chain is asked about. */
export interface Asked {
  readonly operator: Address;
  /** Of this machine's clock, Unix milliseconds. */
  readonly now: number;
}

/** @throws ProtocolError CHAIN_UNREACHABLE, CHAIN_MISMATCH */
export async function checkChain(config: Config, { operator, now }: Asked): Promise<Verdict[]> {
  const facts = await readOperatorFacts(config, operator);
  const coins = `${operator} has ${formatEther(facts.balance)} ETH`;
  return [
    ok("chain", `chain ${facts.chainId} answers`),
    clockOf(facts, now),
    facts.balance === 0n && facts.subnet === undefined
      ? warn("key", coins, "It needs coins to register, or --owner-keystore names a wallet that has some.")
      : ok("key", coins),
    ...subnetOf(facts.subnet, config),
    ...relayingOf(facts, config),
  ];
}

function relayingOf({ balance }: OperatorFacts, config: Config): Verdict[] {
  const { relayNodes, sponsorTenants, relayMinBalance } = config;
  if (!relayNodes && sponsorTenants === "off") return [];
  if (balance >= relayMinBalance) return [ok("relaying", "the key can pay for requests of others")];
  const found = `the key has less than ${formatEther(relayMinBalance)} ETH: requests of nodes are refused`;
  return [
    warn("relaying", found, "Send it coins, or set relayNodes to false: nodes then pay for themselves."),
  ];
}

function clockOf({ blockTime }: OperatorFacts, now: number): Verdict {
  const skew = Math.round(now / 1_000 - blockTime);
  if (Math.abs(skew) <= MAX_SKEW_SECONDS) return ok("clock", `${skew} s from the newest block`);
  const found = `the newest block is ${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} this machine's clock`;
  return warn("clock", found, "Synchronise the clock (NTP), or see why the chain makes no blocks.");
}

function subnetOf(subnet: SubnetFacts | undefined, config: Config): Verdict[] {
  const name = "registration";
  if (subnet === undefined) return [fail(name, "the key runs no subnet", REGISTER)];
  const { subnetId } = subnet;
  if (!subnet.active)
    return [fail(name, `subnet ${subnetId} is closed`, "A closed subnet makes no leases: use another key.")];
  const wanted = {
    apiUrl: config.apiUrl ?? "",
    multiaddrs: announcedAddresses(config).join(","),
    domain: config.domain,
  };
  const differing = (["apiUrl", "multiaddrs", "domain"] as const).filter(
    (key) => subnet[key] !== wanted[key],
  );
  if (differing.length === 0) return [ok(name, `subnet ${subnetId} is active, with these endpoints`)];
  const shown = differing.map((key) => `${key} "${subnet[key]}", not "${wanted[key]}"`).join("; ");
  return [warn(name, `subnet ${subnetId} publishes ${shown}`, REGISTER)];
}
