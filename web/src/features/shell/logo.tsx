import type { ReactElement } from "react";

/** The bubbles of src/app/icon.svg. */
export function Logo(): ReactElement {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className="size-7">
      <rect width="32" height="32" rx="8" className="fill-primary" />
      <g className="fill-primary-foreground">
        <circle cx="11" cy="21" r="5" />
        <circle cx="20.5" cy="15" r="3.6" />
        <circle cx="14" cy="9" r="2.4" />
        <circle cx="23" cy="24" r="1.8" />
      </g>
    </svg>
  );
}
