import { ProtocolError } from "@fizz/protocol/errors";
import {
  type Machine,
  type NodesFilter,
  type NodesQuery,
  type NodesSort,
  type PriceList,
} from "@fizz/protocol/messages";
import { gpuModelOf } from "@fizz/protocol/tiers";
import { type DirectoryRecord } from "./directory-entry.ts";

export interface PageOfNodes {
  /** Nodes that match, on all pages. */
  readonly total: number;
  readonly nextCursor: string | null;
  readonly records: readonly DirectoryRecord[];
}

/** What a node is sorted by; null where it has no such figure. */
type SortValue = bigint | number | null;

/** A place in the order: between two of them nothing moves, whatever comes, goes or changes elsewhere. */
interface Place {
  readonly value: SortValue;
  readonly nodeId: bigint;
}

interface Placed extends Place {
  readonly record: DirectoryRecord;
}

const CURSOR = /^([a-zA-Z]+)[.](asc|desc)[.](\d{1,30}|none)[.](\d{1,20})$/;

const values: Readonly<Record<NodesSort, (record: DirectoryRecord) => SortValue>> = {
  id: () => 0,
  price: ({ entry }) => entry.offer.prices.cpuPerHour,
  memoryPrice: ({ entry }) => entry.offer.prices.memoryGiBPerHour,
  freeCpu: ({ free }) => free.milliCpu,
  freeMemory: ({ free }) => free.memoryMiB,
  freeStorage: ({ free }) => free.storageGiB,
  cpuTier: ({ entry }) => entry.cpuTier,
  gpuTier: ({ entry }) => entry.gpuTier,
  bandwidth: ({ entry }) => entry.offer.machine?.bandwidthMbps ?? null,
  uptime: ({ entry }) => entry.uptimeBps,
  latency: ({ entry }) => (entry.latencyMs === null ? null : Math.round(entry.latencyMs)),
};

/**
 * One page of the nodes that match, in the order of the query, equal ones by node id. The cursor names the last node of
 * the page and what it was sorted by: the next page begins after that place, not after a number of nodes.
 *
 * @throws ProtocolError INPUT_INVALID for a cursor that is none, or of another sort or order.
 */
export function pageOf(records: Iterable<DirectoryRecord>, query: NodesQuery): PageOfNodes {
  const compare = comparerOf(query);
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, query);
  const matches = matcherOf(query);
  const valueOf = values[query.sort];
  const first = new FirstOf<Placed>(query.limit + 1, compare);
  let total = 0;
  for (const record of records) {
    if (!matches(record)) continue;
    total += 1;
    const placed = { record, value: valueOf(record), nodeId: record.entry.nodeId };
    if (after === undefined || compare(placed, after) > 0) first.add(placed);
  }
  const page = first.items.slice(0, query.limit);
  const last = first.items.length > query.limit ? page.at(-1) : undefined;
  const nextCursor = last === undefined ? null : writeCursor(last, query);
  return { total, nextCursor, records: page.map(({ record }) => record) };
}

/** The first few of many items, in order. */
class FirstOf<Item> {
  readonly items: Item[] = [];
  readonly #size: number;
  readonly #compare: (a: Item, b: Item) => number;

  constructor(size: number, compare: (a: Item, b: Item) => number) {
    this.#size = size;
    this.#compare = compare;
  }

  add(item: Item): void {
    const { items } = this;
    const last = items.at(-1);
    if (items.length >= this.#size && last !== undefined && this.#compare(item, last) >= 0) return;
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = items[middle];
      if (other !== undefined && this.#compare(other, item) < 0) low = middle + 1;
      else high = middle;
    }
    items.splice(low, 0, item);
    if (items.length > this.#size) items.pop();
  }
}

function comparerOf({ order, sort }: Pick<NodesQuery, "order" | "sort">): (a: Place, b: Place) => number {
  const sign = order === "asc" ? 1 : -1;
  const idSign = sort === "id" ? sign : 1;
  return (a, b) => {
    if (a.value === b.value) return a.nodeId === b.nodeId ? 0 : a.nodeId < b.nodeId ? -idSign : idSign;
    if (a.value === null) return 1;
    if (b.value === null) return -1;
    return a.value < b.value ? -sign : sign;
  };
}

function writeCursor({ value, nodeId }: Place, { sort, order }: NodesQuery): string {
  return `${sort}.${order}.${value ?? "none"}.${nodeId}`;
}

function readCursor(text: string, { sort, order }: NodesQuery): Place {
  const [, ofSort, ofOrder, value, nodeId] = CURSOR.exec(text) ?? [];
  if (value === undefined || nodeId === undefined)
    throw new ProtocolError("INPUT_INVALID", "The cursor is none of this gateway's: begin without one.");
  if (ofSort !== sort || ofOrder !== order)
    throw new ProtocolError("INPUT_INVALID", `The cursor is of sort=${ofSort} and order=${ofOrder}.`);
  return { value: value === "none" ? null : valueOfText(sort, value), nodeId: BigInt(nodeId) };
}

function valueOfText(sort: NodesSort, text: string): bigint | number {
  return sort === "price" || sort === "memoryPrice" ? BigInt(text) : Number(text);
}

/** Each wish of the query as a test of its own; what is not wished is not tested. */
export function matcherOf(query: NodesFilter): (record: DirectoryRecord) => boolean {
  const tests = [
    ...standingTests(query),
    ...machineTests(query),
    ...roundsTests(query),
    ...capacityTests(query),
    ...priceTests(query),
  ];
  return (record) => tests.every((test) => test(record));
}

type Test = (record: DirectoryRecord) => boolean;

const STANDING_KEYS = [
  ...(["mode", "online", "acceptsOrders", "draining", "stale", "owner", "operator"] as const),
  "agentVersion",
] as const;

function standingTests(query: NodesFilter): Test[] {
  const tests: Test[] = [];
  for (const key of STANDING_KEYS) {
    const wanted = query[key];
    if (wanted !== undefined) tests.push(({ entry }) => entry[key] === wanted);
  }
  const { region, maxLatencyMs } = query;
  if (region !== undefined) tests.push(({ entry }) => region.includes(entry.region));
  if (maxLatencyMs !== undefined)
    tests.push(({ entry: { latencyMs } }) => latencyMs !== null && latencyMs <= maxLatencyMs);
  return tests;
}

/** What an older agent does not tell matches no wish. */
function machineTests({ cpuModel, architecture, minBandwidthMbps }: NodesFilter): Test[] {
  const tests: Test[] = [];
  const machineOf = ({ entry }: DirectoryRecord): Machine | undefined => entry.offer.machine;
  if (cpuModel !== undefined) {
    const wanted = cpuModel.map((name) => name.toLowerCase());
    tests.push((record) => {
      const own = machineOf(record)?.cpuModel.toLowerCase();
      return own !== undefined && wanted.some((name) => own.includes(name));
    });
  }
  if (architecture !== undefined) tests.push((record) => machineOf(record)?.architecture === architecture);
  if (minBandwidthMbps !== undefined)
    tests.push((record) => (machineOf(record)?.bandwidthMbps ?? -1) >= minBandwidthMbps);
  return tests;
}

/** A node of which nothing is known matches no wish about it: unknown is neither. */
function roundsTests({ convicted, roundResult }: NodesFilter): Test[] {
  const tests: Test[] = [];
  if (convicted !== undefined)
    tests.push(({ entry: { rounds } }) => rounds !== undefined && (rounds.convicted !== null) === convicted);
  if (roundResult !== undefined)
    tests.push(({ entry: { rounds } }) => rounds !== undefined && roundResult.includes(rounds.result));
  return tests;
}

function capacityTests(query: NodesFilter): Test[] {
  const tests: Test[] = [];
  const atLeast = (wanted: number | undefined, of: (record: DirectoryRecord) => number): void => {
    if (wanted !== undefined) tests.push((record) => of(record) >= wanted);
  };
  atLeast(query.minFreeMilliCpu, ({ free }) => free.milliCpu);
  atLeast(query.minFreeMemoryMiB, ({ free }) => free.memoryMiB);
  atLeast(query.minFreeStorageGiB, ({ free }) => free.storageGiB);
  atLeast(query.minFreeGpus, ({ free }) => free.gpuUnits);
  atLeast(query.minCpuTier, ({ entry }) => entry.cpuTier);
  atLeast(query.minGpuTier, ({ entry }) => entry.gpuTier);
  atLeast(query.minUptimeBps, ({ entry }) => entry.uptimeBps ?? -1);
  const { gpuModel, maxTrustTier } = query;
  if (gpuModel !== undefined) tests.push((record) => gpuModel.includes(record.gpuModel));
  if (maxTrustTier !== undefined) tests.push(({ entry }) => entry.trustTier <= maxTrustTier);
  return tests;
}

function priceTests(query: NodesFilter): Test[] {
  const tests: Test[] = [];
  const { token, maxGpuPerHour } = query;
  if (token !== undefined) tests.push(({ entry }) => entry.offer.prices.token === token);
  const rows = [
    [query.maxCpuPerHour, "cpuPerHour"],
    [query.maxMemoryGiBPerHour, "memoryGiBPerHour"],
    [query.maxStorageGiBPerHour, "storageGiBPerHour"],
  ] as const;
  for (const [most, key] of rows)
    if (most !== undefined) tests.push(({ entry }) => entry.offer.prices[key] <= most);
  if (maxGpuPerHour !== undefined)
    tests.push(({ entry, gpuModel }) => {
      const price = gpuPriceOf(entry.offer.prices, gpuModel);
      return price !== undefined && price <= maxGpuPerHour;
    });
  return tests;
}

/** Per GPU and hour; undefined where the node has no GPU, or no price for it. */
function gpuPriceOf({ gpuPerHour }: PriceList, gpuModel: number): bigint | undefined {
  const model = gpuModelOf(gpuModel)?.model;
  if (gpuModel === 0) return undefined;
  return (model === undefined ? undefined : gpuPerHour[model]) ?? gpuPerHour["*"];
}
