"use client";

import type { Converted } from "@fizz/protocol/convert";
import { useState } from "react";
import { showError } from "../../chain/show-error.ts";
import { isForeign } from "./is-foreign.ts";
import type { ManifestCheck } from "./check-manifest.ts";

/** A Compose file or an Akash SDL in the editor, and what was made of it. */
export interface Conversion {
  /** Whether what stands in the editor can be converted. */
  readonly isOffered: boolean;
  readonly convert: () => void;
  /** What was changed, filled in and left out; undefined when nothing was converted. */
  readonly result: Converted | undefined;
  /** Puts the file back that was converted. */
  readonly undo: () => void;
  readonly dismiss: () => void;
}

/** The converter is loaded when it is first asked for. */
export function useConversion(
  check: ManifestCheck,
  [text, setText]: readonly [string, (text: string) => void],
): Conversion {
  const [done, setDone] = useState<{ readonly source: string; readonly result: Converted }>();
  const convert = async (): Promise<void> => {
    const { convertToManifest } = await import("@fizz/protocol/convert");
    const result = convertToManifest(text);
    setDone({ source: text, result });
    if (result.manifest !== null) setText(result.manifest);
  };
  // A result without a manifest speaks about the text that still stands there.
  const isCurrent = done !== undefined && (done.result.manifest !== null || done.source === text);
  return {
    isOffered: !isCurrent && check.text === text && isForeign(check),
    convert: () => {
      convert().catch(showError);
    },
    result: isCurrent ? done.result : undefined,
    undo: () => {
      if (done !== undefined) setText(done.source);
      setDone(undefined);
    },
    dismiss: () => {
      setDone(undefined);
    },
  };
}
