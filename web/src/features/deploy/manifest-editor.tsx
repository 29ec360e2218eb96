"use client";

import type { ManifestIssue } from "@fizz/protocol/manifest";
import { type ReactElement, useEffect, useRef } from "react";
import { createEditor, type Editor } from "./code-mirror.ts";

interface ManifestEditorProps {
  readonly value: string;
  readonly issues: readonly ManifestIssue[];
  readonly onChange: (value: string) => void;
  /** Where the reader wants to look: a new object each time. */
  readonly goTo: ManifestIssue | undefined;
}

/** YAML with line numbers, colours, completion of keys, and problems marked where they stand. */
export function ManifestEditor({ value, issues, onChange, goTo }: ManifestEditorProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const latest = useRef({ value, onChange });
  useEffect(() => {
    latest.current = { value, onChange };
    editor.current?.setText(value);
  }, [value, onChange]);
  useEffect(() => {
    if (host.current === null) return undefined;
    const created = createEditor(host.current, {
      text: latest.current.value,
      onChange: (text) => {
        latest.current.onChange(text);
      },
    });
    editor.current = created;
    return () => {
      created.destroy();
      editor.current = undefined;
    };
  }, []);
  useEffect(() => {
    editor.current?.setIssues(issues);
  }, [issues]);
  useEffect(() => {
    if (goTo !== undefined) editor.current?.goTo(goTo);
  }, [goTo]);
  return <div ref={host} className="h-full min-h-80 overflow-hidden rounded-xl border border-border" />;
}
