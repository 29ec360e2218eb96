"use client";

import { useEffect, useState } from "react";
import { checkManifest, type ManifestCheck, NO_ISSUES } from "./check-manifest.ts";

const DELAY_MS = 250;

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
