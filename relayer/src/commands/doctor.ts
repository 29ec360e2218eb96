import { ProtocolError } from "@fizz/protocol/errors";
import { type Address } from "viem";
import { type Config } from "../config.ts";
import { checkChain } from "../doctor/check-chain.ts";
import { checkKey } from "../doctor/check-key.ts";
import { checkDataDir, checkOpenFiles, openFileLimit } from "../doctor/check-machine.ts";
import {
  checkAnnounced,
  checkApiUrl,
  checkCertificates,
  checkPorts,
  checkPublicHost,
  checkWildcard,
} from "../doctor/check-network.ts";
import { fail, guarded, ok, type Verdict, warn } from "../doctor/verdict.ts";
import { isRunning } from "./ask-gateway.ts";
import { type CommandContext, type CommandOptions } from "./context.ts";
import { gatewayKeyOf } from "./gateway-key.ts";

const CHECK_WIDTH = 13;
const LEVEL_WIDTH = 5;

/** Checks everything that a gateway needs, and says what to do. Exit code 1 when something fails. */
export async function doctor(
  context: CommandContext,
  { json }: Pick<CommandOptions, "json">,
): Promise<number> {
  const { print } = context;
  const verdicts = await examine(context);
  const hasFailed = verdicts.some(({ level }) => level === "fail");
  if (json) print(JSON.stringify({ ok: !hasFailed, checks: verdicts }));
  else for (const line of verdicts.flatMap(linesOf)) print(line);
  return hasFailed ? 1 : 0;
}

async function examine(context: CommandContext): Promise<Verdict[]> {
  let config: Config;
  try {
    config = context.readConfig();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return [fail("settings", error.message, "Correct them; npm run gateway -- --help lists all.")];
  }
  const hasGateway = await isRunning(config.dataDir).catch(() => false);
  const network = "See the network of this machine.";
  const hasPassword = config.passwordFile !== undefined || context.askSecret !== undefined;
  const { verdict: keyVerdict, operator } = await checkKey(gatewayKeyOf(context, config), hasPassword);
  const groups = [
    guarded("chain", "See FIZZ_RPC_URL and FIZZ_CONTRACTS.", () => chainVerdicts(config, operator)),
    guarded("public host", network, async () => [await checkPublicHost(config)]),
    guarded("wildcard", network, async () => [await checkWildcard(config)]),
  ];
  // One after the other: both open the port of the API.
  const ports = hasGateway
    ? [ok("ports", "the gateway runs and has them")]
    : await guarded("ports", network, () => checkPorts(config));
  const reach = await guarded("API URL", network, async () => [await checkApiUrl(config, hasGateway)]);
  return [
    ok("settings", "they can be read"),
    keyVerdict,
    ...(await guarded("data folder", "See its rights.", () => checkDataDir(config))),
    checkOpenFiles(config, openFileLimit()),
    ...(await Promise.all(groups)).flat(),
    checkCertificates(config),
    ...checkAnnounced(config),
    ...ports,
    ...reach,
  ];
}

async function chainVerdicts(config: Config, operator: Address | undefined): Promise<Verdict[]> {
  if (operator !== undefined) return await checkChain(config, { operator, now: Date.now() });
  return [warn("chain", "it was not asked: there is no key", "Make the key first.")];
}

function linesOf({ level, check, found, advice }: Verdict): string[] {
  const line = `${level.padEnd(LEVEL_WIDTH)}${check.padEnd(CHECK_WIDTH)}${found}`;
  return advice === "" ? [line] : [line, `${"".padEnd(LEVEL_WIDTH + CHECK_WIDTH)}${advice}`];
}
