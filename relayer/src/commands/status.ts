import { ProtocolError } from "@fizz/protocol/errors";
import { formatEther } from "viem";
import { type Config } from "../config.ts";
import { type OperatorStatus } from "../ports.ts";
import { type RelayStatus } from "../request-ports.ts";
import { type StoreStatus } from "../process-ports.ts";
import { askGateway } from "./ask-gateway.ts";
import { type CommandContext, type CommandOptions } from "./context.ts";

const BYTES_PER_MIB = 1024 ** 2;
const MS_PER_SECOND = 1_000;

/** What the running gateway says of itself. Exit code 1 when it cannot serve tenants now. */
export async function status(
  context: CommandContext,
  { json }: Pick<CommandOptions, "json">,
): Promise<number> {
  const { readConfig, print } = context;
  const config = readConfig();
  const question = { method: "GET", path: "/status" } as const;
  // The socket's other end is this same program.
  const found = (await askGateway(config.dataDir, question).catch((error: unknown) =>
    explained(error, context, config),
  )) as OperatorStatus;
  for (const line of json ? [JSON.stringify(found)] : textLines(found)) print(line);
  return found.notReady === null ? 0 : 1;
}

/** A gateway that does not run is often one that has no key. */
async function explained(error: unknown, context: CommandContext, config: Config): Promise<never> {
  if (!(error instanceof ProtocolError) || error.code !== "GATEWAY_UNREACHABLE") throw error;
  const { keyProblem } = await import("./gateway-key.ts");
  const problem = keyProblem(context, config);
  if (problem === undefined) throw error;
  throw new ProtocolError(error.code, `${error.message} It would not start: ${problem}`, {
    cause: error.cause,
  });
}

function storeLines(store: StoreStatus): string[] {
  if (store.kind === "embedded") return ["Store        embedded"];
  const processes = store.processes.map(
    ({ id, address, version, silentMs }) =>
      `  process    ${id} at ${address}, ${version}, heard ${Math.round(silentMs / MS_PER_SECOND)} s ago`,
  );
  return [`Store        PostgreSQL at ${store.at}, ${store.processes.length} processes`, ...processes];
}

function textLines({ chain, doors, drain, relay, store, ...found }: OperatorStatus): string[] {
  const head = chain.head === null ? "no block yet" : `block ${chain.head}`;
  return [
    `Gateway      ${found.version}, up ${durationOf(found.uptimeSeconds)}, ${found.notReady ?? "ready"}`,
    `API          ${found.apiUrl}`,
    `Peer id      ${found.peerId}`,
    `Chain        ${chain.reachable ? "answers" : "does not answer"}, ${head}`,
    `Nodes        ${found.nodesOnline} online`,
    `Doors        ${doors.doors} of ${doors.leases} leases`,
    `Connections  ${doors.connections}`,
    ...storeLines(store),
    `Memory       ${Math.round(found.residentBytes / BYTES_PER_MIB)} MiB`,
    ...(relay === null ? [] : [`Relaying     ${relayLine(relay)}`]),
    ...(drain === null ? [] : [`Ends         at the latest at ${new Date(drain.deadline).toISOString()}`]),
  ];
}

function relayLine({ balance, isLow, queued, inFlight, ...day }: RelayStatus): string {
  const coins = balance === null ? "coins unknown" : `${formatEther(BigInt(balance))} ETH`;
  const low = isLow ? ", too few: nothing new is taken" : "";
  const used = `${day.requests} of ${day.maxRequests} requests, ${day.gas} of ${day.maxGas} gas in 24 h`;
  return `${coins}${low}; ${queued} wait, ${inFlight} in flight; ${used}`;
}

function durationOf(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const clock = new Date((seconds % 86_400) * 1_000).toISOString().slice(11, 19);
  return days === 0 ? clock : `${days} d ${clock}`;
}
