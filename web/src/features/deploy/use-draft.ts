"use client";

import { useCallback, useState } from "react";
import { FIRST_SAMPLE } from "./samples.ts";

const DRAFT_KEY = "fizz.draft";

/** The text of the editor; a reload brings it back. */
export function useDraft(): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => localStorage.getItem(DRAFT_KEY) ?? FIRST_SAMPLE);
  const change = useCallback((next: string) => {
    setText(next);
    localStorage.setItem(DRAFT_KEY, next);
  }, []);
  return [text, change];
}
