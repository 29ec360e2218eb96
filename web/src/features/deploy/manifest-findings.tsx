"use client";

import type { ManifestIssue } from "@fizz/protocol/manifest";
import type { ReactElement } from "react";
import type { ManifestCheck } from "./check-manifest.ts";
import { ConversionPanel } from "./conversion-panel.tsx";
import { IssueList } from "./issue-list.tsx";
import { useConversion } from "./use-conversion.ts";

interface ManifestFindingsProps {
  readonly check: ManifestCheck;
  readonly draft: readonly [text: string, setText: (text: string) => void];
  readonly onChoose: (issue: ManifestIssue) => void;
}

/** What there is to say about the text: its problems, or that it is written in a language that can be converted. */
export function ManifestFindings({ check, draft, onChoose }: ManifestFindingsProps): ReactElement {
  const conversion = useConversion(check, draft);
  return (
    <>
      <ConversionPanel conversion={conversion} />
      {conversion.isOffered ? null : <IssueList issues={check.issues} onChoose={onChoose} />}
    </>
  );
}
