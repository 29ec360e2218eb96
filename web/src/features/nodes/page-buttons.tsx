import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactElement } from "react";
import { Button } from "../../ui/button.tsx";

interface PageButtonsProps {
  /** From 0. */
  readonly index: number;
  readonly pages: number;
  readonly onTurn: (index: number) => void;
}

/** Turns the pages of a table. */
export function PageButtons({ index, pages, onTurn }: PageButtonsProps): ReactElement {
  const turn = (by: number) => () => {
    onTurn(index + by);
  };
  return (
    <nav aria-label="Pages of nodes" className="flex items-center justify-end gap-3 px-5 py-3">
      <Button size="icon" aria-label="Previous page" disabled={index === 0} onClick={turn(-1)}>
        <ChevronLeft aria-hidden />
      </Button>
      <span aria-live="polite" className="text-sm text-muted tabular-nums">
        Page {index + 1} of {pages}
      </span>
      <Button size="icon" aria-label="Next page" disabled={index >= pages - 1} onClick={turn(1)}>
        <ChevronRight aria-hidden />
      </Button>
    </nav>
  );
}
