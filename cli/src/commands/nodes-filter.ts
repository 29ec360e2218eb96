import { parseCpu, parseSize } from "@fizz/protocol/manifest";
import { asksForPrice, MAX_TRUST_TIER, nodesSorts, type NodesQueryText } from "@fizz/protocol/messages";
import { parseAmount } from "@fizz/protocol/units";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseAddress } from "../arguments.ts";

const MIB = 1n << 20n;
const GIB = 1n << 30n;

/** What nodes are chosen by; each value is what its word of the address says. */
export interface NodesFilter {
  readonly all?: boolean;
  readonly takesOrders?: boolean;
  readonly mode?: "fizz" | "provider";
  readonly region?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly storage?: string;
  readonly gpu?: string;
  readonly cpuModel?: string;
  readonly trust?: string;
  readonly maxPrice?: string;
  readonly owner?: string;
  readonly sort?: (typeof nodesSorts)[number];
  readonly desc?: boolean;
}

export function withNodesFilter(command: Command): Command {
  return command
    .option("-a, --all", "those that are away, too")
    .option("--takes-orders", "only those that can be asked for a quote now")
    .addOption(new Option("--mode <mode>", "only of this mode").choices(["fizz", "provider"]))
    .option("--region <regions>", "only of these regions, with commas between")
    .option("--cpu <units>", "with so much CPU free, such as 0.5 or 250m", cpuText)
    .option("--memory <size>", "with so much memory free, such as 4Gi", sizeText(MIB))
    .option("--storage <size>", "with so much disk free, such as 20Gi", sizeText(GIB))
    .option("--gpu <models>", "with one of these GPUs free, with commas between")
    .option("--cpu-model <words>", "whose CPU's name has one of these, with commas between")
    .option(
      "--trust <tier>",
      `of this trust tier or a better one, 1 to ${MAX_TRUST_TIER}; 1 is the best`,
      trustText,
    )
    .option(
      "--max-price <coins>",
      "with a CPU for at most so many of the chain's own coins an hour",
      priceText,
    )
    .option("--owner <address>", "only of this owner", parseAddress)
    .addOption(new Option("--sort <field>", "sorted by this; by number else").choices([...nodesSorts]))
    .option("--desc", "the highest first");
}

/** The words of an address that say which nodes. */
export function nodesFilterOf(options: NodesFilter): NodesQueryText {
  const { all, takesOrders, mode, region, cpu, memory, storage, gpu, cpuModel, trust, owner } = options;
  const { maxPrice, sort, desc } = options;
  const query = defined({
    online: all === true ? undefined : "true",
    acceptsOrders: takesOrders === true ? "true" : undefined,
    mode,
    region,
    minFreeMilliCpu: cpu,
    minFreeMemoryMiB: memory,
    minFreeStorageGiB: storage,
    gpuModel: gpu,
    minFreeGpus: gpu === undefined ? undefined : "1",
    cpuModel,
    maxTrustTier: trust,
    maxCpuPerHour: maxPrice,
    owner,
    sort,
    order: desc === true ? "desc" : undefined,
  });
  return asksForPrice(query) ? { ...query, token: "native" } : query;
}

function defined(query: { [Key in keyof NodesQueryText]: NodesQueryText[Key] | undefined }): NodesQueryText {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

function cpuText(text: string): string {
  const milliCpu = parseCpu(text);
  if (milliCpu !== undefined) return String(milliCpu);
  throw new InvalidArgumentError("Write an amount of CPU, such as 0.5 or 250m.");
}

/** In whole units, as the directory counts: a part of one counts as one. */
function sizeText(unit: bigint): (text: string) => string {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes === undefined) throw new InvalidArgumentError("Write a size, such as 512Mi or 4Gi.");
    return String((bytes + unit - 1n) / unit);
  };
}

function trustText(text: string): string {
  if (/^[1-9]$/.test(text) && Number(text) <= MAX_TRUST_TIER) return text;
  throw new InvalidArgumentError(`Write a number from 1 to ${MAX_TRUST_TIER}.`);
}

function priceText(text: string): string {
  try {
    return String(parseAmount(text));
  } catch {
    throw new InvalidArgumentError("Write an amount of coins, such as 0.0002.");
  }
}
