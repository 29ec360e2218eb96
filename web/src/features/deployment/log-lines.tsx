"use client";

import type { LogLine } from "@fizz/protocol/messages";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactElement, useEffect, useRef } from "react";
import { clock } from "../../format/format.ts";
import { cn } from "../../ui/class-names.ts";
import { parseAnsi } from "./ansi.ts";

const LINE_PX = 20;
/** Nearer to the end than this counts as being there. */
const END_PX = 40;

interface LogLinesProps {
  readonly lines: readonly LogLine[];
  readonly isFollowing: boolean;
  /** Scrolling up stops following; coming back to the end follows again. */
  readonly onFollow: (isFollowing: boolean) => void;
}

// Bright enough on the dark background that logs have in both themes.
const colours = [
  "text-[#9aa5ab]",
  "text-[#ff9b93]",
  "text-[#8fdc9a]",
  "text-[#f0cf73]",
  "text-[#8dbdff]",
  "text-[#dfa5f5]",
  "text-[#74d8dc]",
  "text-[#e8eef0]",
] as const;

/** Lines of output; only those in view are in the page. */
export function LogLines({ lines, isFollowing, onFollow }: LogLinesProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualiser never leaves this component
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  useEffect(() => {
    if (isFollowing && lines.length > 0) virtualizer.scrollToIndex(lines.length - 1, { align: "end" });
  }, [isFollowing, lines, virtualizer]);
  const onScroll = (): void => {
    const element = box.current;
    if (element === null) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    if (!isAtEnd && isFollowing && lines.length * LINE_PX > element.clientHeight) onFollow(false);
    else if (isAtEnd && !isFollowing) onFollow(true);
  };
  return (
    <div
      ref={box}
      onWheel={onScroll}
      onTouchMove={onScroll}
      onKeyUp={onScroll}
      tabIndex={0}
      role="log"
      aria-label="Log lines"
      aria-live="off"
      className="h-96 overflow-auto rounded-xl bg-code p-3 font-mono text-xs text-code-foreground"
    >
      {lines.length === 0 ? <p className="text-code-muted">No output yet.</p> : null}
      <div className="relative w-max min-w-full" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return line === undefined ? null : (
            <div
              key={item.key}
              className="absolute left-0 leading-5 whitespace-pre"
              style={{ top: item.start }}
            >
              <Line line={line} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Line({ line }: { readonly line: LogLine }): ReactElement {
  return (
    <>
      <span className="text-code-muted">
        {clock(line.at)} {line.service}/{line.replica}{" "}
      </span>
      {parseAnsi(line.text).map((span, index) => (
        <span
          // Spans of one line never move.
          key={index}
          className={cn(
            span.colour !== undefined && colours[span.colour],
            span.bold && "font-semibold",
            line.stream === "stderr" && span.colour === undefined && "text-[#f5c9a6]",
          )}
        >
          {span.text}
        </span>
      ))}
    </>
  );
}
