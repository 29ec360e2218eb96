"use client";

import type { ManifestIssue } from "@fizz/protocol/manifest";
import dynamic from "next/dynamic";
import { type ReactElement, useState } from "react";
import { Card } from "../../ui/card.tsx";
import { Loading } from "../../ui/spinner.tsx";
import { AskButton } from "./ask-button.tsx";
import { FizzNotice } from "./fizz-notice.tsx";
import { ManifestFindings } from "./manifest-findings.tsx";
import { SamplePicker } from "./sample-picker.tsx";
import { useDraft } from "./use-draft.ts";
import { useManifestCheck } from "./use-manifest-check.ts";
import { useQuotes } from "./use-quotes.ts";

const ManifestEditor = dynamic(async () => (await import("./manifest-editor.tsx")).ManifestEditor, {
  ssr: false,
  loading: () => <Loading>Loading the editor…</Loading>,
});
const QuotesPanel = dynamic(async () => (await import("./quotes-panel.tsx")).QuotesPanel, { ssr: false });

export function DeployForm(): ReactElement {
  const [text, setText] = useDraft();
  const [goTo, setGoTo] = useState<ManifestIssue>();
  const check = useManifestCheck(text);
  const quotes = useQuotes(text, check.manifest);
  const isFizz = check.manifest?.mode !== "provider";
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <Card
        title="Manifest"
        description="Only the node that you choose sees images, commands and environment."
        actions={<SamplePicker onChoose={setText} />}
      >
        <div className="flex flex-col gap-4">
          <div className="h-[min(34rem,65dvh)]">
            <ManifestEditor value={text} issues={check.issues} onChange={setText} goTo={goTo} />
          </div>
          <ManifestFindings check={check} draft={[text, setText]} onChoose={setGoTo} />
        </div>
      </Card>
      <div className="flex min-w-0 flex-col gap-6">
        {isFizz ? <FizzNotice /> : null}
        <AskButton
          check={check}
          text={text}
          state={quotes.state}
          hasQuotes={quotes.round !== undefined}
          onAsk={quotes.ask}
          onStop={quotes.stop}
        />
        {quotes.round === undefined ? null : (
          <QuotesPanel
            key={quotes.round.order.openSalt}
            round={quotes.round}
            onWait={quotes.state === "idle" ? quotes.wait : undefined}
          />
        )}
      </div>
    </div>
  );
}
