"use client";

import type { ManifestIssue } from "@fizz/protocol/manifest";
import { useMutation } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type ReactElement, useState } from "react";
import { useConfig, useConnection } from "wagmi";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Card } from "../../ui/card.tsx";
import { Loading } from "../../ui/spinner.tsx";
import { AskButton } from "./ask-button.tsx";
import { FizzNotice } from "./fizz-notice.tsx";
import { ManifestFindings } from "./manifest-findings.tsx";
import type { QuoteRound } from "./request-quotes.ts";
import { SamplePicker } from "./sample-picker.tsx";
import { useDraft } from "./use-draft.ts";
import { useManifestCheck } from "./use-manifest-check.ts";

const ManifestEditor = dynamic(async () => (await import("./manifest-editor.tsx")).ManifestEditor, {
  ssr: false,
  loading: () => <Loading>Loading the editor…</Loading>,
});
const QuotesPanel = dynamic(async () => (await import("./quotes-panel.tsx")).QuotesPanel, { ssr: false });

export function DeployForm(): ReactElement {
  const config = useConfig();
  const network = useNetwork();
  const { address } = useConnection();
  const [text, setText] = useDraft();
  const [goTo, setGoTo] = useState<ManifestIssue>();
  const check = useManifestCheck(text);
  const [round, setRound] = useState<{ readonly text: string; readonly value: QuoteRound }>();
  const ask = useMutation({
    mutationFn: async () => {
      if (check.manifest === undefined || address === undefined) return;
      const { requestQuotes } = await import("./request-quotes.ts");
      const value = await requestQuotes({ config, network, tenant: address }, check.manifest);
      setRound({ text, value });
    },
    onError: (error) => void showError(error),
  });
  // Quotes belong to the text and the wallet that they were asked for.
  const current = round?.text === text && round.value.tenant === address ? round.value : undefined;
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
          isPending={ask.isPending}
          hasQuotes={current !== undefined}
          onAsk={() => {
            ask.mutate();
          }}
        />
        {current === undefined ? null : <QuotesPanel key={current.order.openSalt} round={current} />}
      </div>
    </div>
  );
}
