"use client";

import { type ReactElement, useState } from "react";
import { duration } from "../../format/format.ts";
import { TextField } from "../../ui/text-field.tsx";

const MINUTE_SECONDS = 60;

interface DurationFieldProps {
  readonly seconds: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (seconds: number) => void;
}

/** Prepaid time in minutes, within what the node takes. */
export function DurationField({ seconds, min, max, onChange }: DurationFieldProps): ReactElement {
  const [text, setText] = useState(String(Math.round((seconds / MINUTE_SECONDS) * 100) / 100));
  const typed = Math.round(Number(text) * MINUTE_SECONDS);
  const isAllowed = text.trim() !== "" && typed >= min && typed <= max;
  return (
    <TextField
      label="Prepaid time in minutes"
      inputMode="decimal"
      autoComplete="off"
      value={text}
      error={isAllowed ? undefined : `This node takes between ${duration(min)} and ${duration(max)}.`}
      suffix={<span className="shrink-0 text-sm whitespace-nowrap text-muted">= {duration(seconds)}</span>}
      onChange={(event) => {
        const next = event.target.value;
        setText(next);
        const wished = Math.round(Number(next) * MINUTE_SECONDS);
        if (next.trim() !== "" && wished >= min && wished <= max) onChange(wished);
      }}
    />
  );
}
