import { diskMethodTexts } from "@fizz/protocol/messages";
import {
  type CellContext,
  createColumnHelper,
  createPaginatedRowModel,
  createSortedRowModel,
  rowPaginationFeature,
  rowSortingFeature,
  sortFn_basic,
  sortFn_text,
  tableFeatures,
} from "@tanstack/react-table";
import type { ReactElement } from "react";
import { ago, coin, cpus, memory, uptime } from "../../format/format.ts";
import { Badge, Dot, type Tone } from "../../ui/badge.tsx";
import { useNow } from "../../ui/use-now.ts";
import type { NodeRow, NodeState } from "./node-row.ts";

export const nodeTableFeatures = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  rowPaginationFeature,
  paginatedRowModel: createPaginatedRowModel(),
  sortFns: { basic: sortFn_basic, text: sortFn_text },
});

const helper = createColumnHelper<typeof nodeTableFeatures, NodeRow>();
const tones: Record<NodeState, Tone> = { online: "success", busy: "warning", offline: "neutral" };

/** Sorts below every measure. */
const NOT_MEASURED = -1;

/** bigint has no sort function of its own in the table library. */
const compare = (left: bigint, right: bigint): number => (left < right ? -1 : left > right ? 1 : 0);

export const nodeColumns = helper.columns([
  helper.accessor((row) => Number(row.nodeId), {
    id: "node",
    header: "Node",
    cell: ({ row }) => <span className="font-mono">#{row.original.nodeId}</span>,
  }),
  helper.accessor("state", {
    header: "State",
    cell: ({ row }) => (
      <Badge tone={tones[row.original.state]}>
        <Dot tone={tones[row.original.state]} />
        {row.original.state}
      </Badge>
    ),
  }),
  helper.accessor("mode", { header: "Mode" }),
  helper.accessor("region", { header: "Region" }),
  helper.accessor((row) => row.cpuTierRank, {
    id: "tier",
    header: "CPU tier",
    cell: ({ row }) => row.original.cpuTier,
  }),
  helper.accessor((row) => row.cpuPerHour, {
    id: "cpuPrice",
    header: "CPU / h",
    sortFn: (a, b) => compare(a.original.cpuPerHour, b.original.cpuPerHour),
    cell: ({ row }) => coin(row.original.cpuPerHour),
  }),
  helper.accessor((row) => row.memoryGiBPerHour, {
    id: "memoryPrice",
    header: "GiB / h",
    sortFn: (a, b) => compare(a.original.memoryGiBPerHour, b.original.memoryGiBPerHour),
    cell: ({ row }) => coin(row.original.memoryGiBPerHour),
  }),
  helper.accessor((row) => row.free.milliCpu, {
    id: "cpu",
    header: "CPU free",
    cell: ({ row }) => (
      <FreeOf free={cpus(row.original.free.milliCpu)} total={cpus(row.original.total.milliCpu)} />
    ),
  }),
  helper.accessor((row) => row.free.memoryMiB, {
    id: "memory",
    header: "Memory free",
    cell: ({ row }) => (
      <FreeOf free={memory(row.original.free.memoryMiB)} total={memory(row.original.total.memoryMiB)} />
    ),
  }),
  helper.accessor((row) => row.free.storageGiB, {
    id: "disk",
    header: "Disk free",
    cell: ({ row }) => (
      <FreeOf free={`${row.original.free.storageGiB} GiB`} total={`${row.original.total.storageGiB} GiB`} />
    ),
  }),
  helper.accessor("disk", {
    id: "diskMethod",
    header: "Disk limit",
    cell: ({ row }) => <DiskMethod {...diskMethodTexts[row.original.disk]} />,
  }),
  helper.accessor("gpu", { header: "GPU" }),
  helper.accessor((row) => row.uptimeBps ?? NOT_MEASURED, {
    id: "uptime",
    header: "Uptime, 7 d",
    cell: ({ row }) => uptime(row.original.uptimeBps),
  }),
  helper.accessor((row) => row.convictions, {
    id: "capacity",
    header: "Capacity rounds",
    cell: ({ row: { original } }) => (
      <span className={original.convictions > 0 ? "text-danger" : "text-muted"}>{original.capacity}</span>
    ),
  }),
  helper.accessor("lastSeenAt", { header: "Last seen", cell: LastSeen }),
]);

/** What it means is read by pointing at it, and by who hears the page. */
function DiskMethod({ name, meaning }: { readonly name: string; readonly meaning: string }): ReactElement {
  return (
    <span
      title={meaning}
      className="cursor-help underline decoration-muted decoration-dotted underline-offset-4"
    >
      {name}
      <span className="sr-only">: {meaning}</span>
    </span>
  );
}

function FreeOf({ free, total }: { readonly free: string; readonly total: string }): ReactElement {
  return (
    <span>
      {free} <span className="text-muted">of {total}</span>
    </span>
  );
}

function LastSeen({ row }: CellContext<typeof nodeTableFeatures, NodeRow, number>): ReactElement {
  const now = useNow();
  const { stale, state, lastSeenAt } = row.original;
  if (stale) return <span className="text-warning">stale, {ago(lastSeenAt, now)}</span>;
  return <span className="text-muted">{state === "offline" ? ago(lastSeenAt, now) : "now"}</span>;
}
