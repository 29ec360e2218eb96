"use client";

import { useTable } from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { cn } from "../../ui/class-names.ts";
import { nodeColumns, nodeTableFeatures } from "./node-columns.tsx";
import type { NodeRow } from "./node-row.ts";

const RIGHT_ALIGNED = new Set(["cpuPrice", "memoryPrice", "cpu", "memory", "disk", "uptime"]);
/** Nodes that are drawn at once: a subnet may have 10,000. */
export const ROWS_PER_PAGE = 50;
const ariaSorts = { asc: "ascending", desc: "descending" } as const;

interface NodesTableProps {
  readonly rows: readonly NodeRow[];
  /** From 0. */
  readonly page: number;
}

/** The subnet's nodes, a page of them; a click on a heading sorts. */
export function NodesTable({ rows, page }: NodesTableProps): ReactElement {
  const table = useTable({
    features: nodeTableFeatures,
    columns: nodeColumns,
    data: rows,
    getRowId: (row) => row.nodeId,
    initialState: { sorting: [{ id: "cpuPrice", desc: false }] },
    state: { pagination: { pageIndex: page, pageSize: ROWS_PER_PAGE } },
    // Nodes change all the time; whoever looks at a page stays there.
    autoResetPageIndex: false,
  });
  // "relative": what is placed absolutely, such as text for screen readers, is cut off at its edge, too.
  return (
    <div tabIndex={0} role="region" aria-label="Nodes of the subnet" className="relative overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b border-border">
              {group.headers.map((header) => (
                <SortableHeading
                  key={header.id}
                  id={header.id}
                  sorted={header.column.getIsSorted()}
                  onToggle={header.column.getToggleSortingHandler()}
                >
                  <table.FlexRender header={header} />
                </SortableHeading>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="border-b border-border last:border-0 hover:bg-raised/60">
              {row.getAllCells().map((cell) => (
                <td
                  key={cell.id}
                  className={cn(
                    "px-2.5 py-3 whitespace-nowrap first:pl-5 last:pr-5",
                    RIGHT_ALIGNED.has(cell.column.id) && "text-right tabular-nums",
                  )}
                >
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SortableHeadingProps {
  readonly id: string;
  readonly sorted: false | "asc" | "desc";
  readonly onToggle: ((event: unknown) => void) | undefined;
  readonly children: ReactNode;
}

function SortableHeading({ id, sorted, onToggle, children }: SortableHeadingProps): ReactElement {
  return (
    <th
      scope="col"
      aria-sort={sorted === false ? "none" : ariaSorts[sorted]}
      className={cn(
        "px-1.5 py-2 font-medium first:pl-4 last:pr-4",
        RIGHT_ALIGNED.has(id) ? "text-right" : "text-left",
      )}
    >
      <button
        type="button"
        onClick={onToggle}
        className="inline-flex items-center gap-1 rounded px-1 py-0.5 whitespace-nowrap text-muted hover:text-foreground"
      >
        {children}
        <SortIcon sorted={sorted} />
      </button>
    </th>
  );
}

function SortIcon({ sorted }: { readonly sorted: false | "asc" | "desc" }): ReactElement {
  const Icon = sorted === false ? ChevronsUpDown : sorted === "asc" ? ArrowUp : ArrowDown;
  return <Icon aria-hidden className="size-3.5" />;
}
