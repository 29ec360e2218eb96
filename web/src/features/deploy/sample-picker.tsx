"use client";

import type { ReactElement } from "react";
import { samples } from "./samples.ts";

interface SamplePickerProps {
  readonly onChoose: (text: string) => void;
}

export function SamplePicker({ onChoose }: SamplePickerProps): ReactElement {
  return (
    <label className="flex items-center gap-2 text-sm">
      <span className="sr-only">Start from an example</span>
      <select
        value=""
        onChange={(event) => {
          const sample = samples.find(({ id }) => id === event.target.value);
          if (sample !== undefined) onChoose(sample.text);
        }}
        className="h-9 rounded-lg border border-input bg-surface px-2 text-sm"
      >
        <option value="">Start from an example…</option>
        {samples.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
