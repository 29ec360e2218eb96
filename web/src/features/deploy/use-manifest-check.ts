"use client";

import type { Manifest, ManifestIssue } from "@fizz/protocol/manifest";
import { useEffect, useState } from "react";

const DELAY_MS = 250;
const NO_ISSUES: readonly ManifestIssue[] = [];

export interface ManifestCheck {
  /** The text that was checked: the result says nothing about another one. */
  readonly text: string | undefined;
  /** Undefined while it has errors. */
  readonly manifest: Manifest | undefined;
  readonly issues: readonly ManifestIssue[];
}

/** Checks a text as it is typed, with the rules that gateway and node apply too. */
export function useManifestCheck(text: string): ManifestCheck {
  const [check, setCheck] = useState<ManifestCheck>({
    text: undefined,
    manifest: undefined,
    issues: NO_ISSUES,
  });
  useEffect(() => {
    let isStale = false;
    const timer = setTimeout(() => {
      void checkManifest(text).then((result) => {
        if (!isStale) setCheck(result);
      });
    }, DELAY_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [text]);
  return check;
}

async function checkManifest(text: string): Promise<ManifestCheck> {
  const { parseManifest } = await import("@fizz/protocol/manifest");
  const parsed = parseManifest(text);
  return parsed.ok
    ? { text, manifest: parsed.manifest, issues: parsed.warnings }
    : { text, manifest: undefined, issues: parsed.issues };
}
