"use client";

import { type ReactElement, useDeferredValue, useMemo, useState } from "react";
import { TextField } from "../../ui/text-field.tsx";
import { findNodes } from "./find-nodes.ts";
import type { NodeRow } from "./node-row.ts";
import { NodesTable, ROWS_PER_PAGE } from "./nodes-table.tsx";
import { PageButtons } from "./page-buttons.tsx";

/** From so many nodes on there is something to look for. */
const SEARCH_FROM = 10;

/** The subnet's nodes, with a field that narrows them down. */
export function NodesList({ rows }: { readonly rows: readonly NodeRow[] }): ReactElement {
  const [text, setText] = useState("");
  const [page, setPage] = useState(0);
  const wanted = useDeferredValue(text);
  const found = useMemo(() => findNodes(rows, wanted), [rows, wanted]);
  const pages = Math.ceil(found.length / ROWS_PER_PAGE);
  // Nodes go away while somebody looks at the last page.
  const index = Math.max(0, Math.min(page, pages - 1));
  return (
    <>
      {rows.length < SEARCH_FROM && text === "" ? null : (
        <TextField
          label="Find nodes"
          type="search"
          placeholder="region, tier, GPU, #id"
          className="max-w-sm px-5 pb-3"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setPage(0);
          }}
        />
      )}
      {found.length === 0 ? (
        <p role="status" className="px-5 pb-6 text-sm text-muted">
          None of {rows.length} nodes is like that.
        </p>
      ) : (
        <NodesTable rows={found} page={index} />
      )}
      {pages > 1 ? <PageButtons index={index} pages={pages} onTurn={setPage} /> : null}
    </>
  );
}
