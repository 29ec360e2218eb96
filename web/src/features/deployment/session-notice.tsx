"use client";

import { ProtocolError } from "@fizz/protocol/errors";
import type { ReactElement } from "react";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import type { LeaseView } from "../lease/read-lease.ts";
import type { Control } from "./use-control.ts";

interface SessionNoticeProps {
  readonly lease: LeaseView;
  readonly control: Control;
  readonly isMine: boolean;
  readonly error: unknown;
}

const REFUSED = new Set([
  "GRANT_INVALID",
  "GRANT_EXPIRED",
  "GRANT_REVOKED",
  "GRANT_SCOPE",
  "SESSION_NOT_PROVEN",
]);

/** What stands between this page and the node, and what to do about it. */
export function SessionNotice({ lease, control, isMine, error }: SessionNoticeProps): ReactElement | null {
  if (lease.state === "closed") return null;
  if (!control.hasGrant)
    return isMine ? (
      <Notice
        tone="primary"
        title="This browser has no session with the node."
        action={
          <Button
            look="primary"
            size="sm"
            disabled={control.isSigning}
            onClick={() => {
              control.sign();
            }}
          >
            {control.isSigning ? <Spinner /> : null} Open a session
          </Button>
        }
      >
        One signature, no transaction: it lets this browser read status, logs and events for a week.
      </Notice>
    ) : (
      <Notice>Only the wallet that opened this lease can see its status, logs and events.</Notice>
    );
  if (!(error instanceof ProtocolError)) return null;
  if (REFUSED.has(error.code))
    return (
      <Notice
        tone="warning"
        title="The node does not accept this session."
        action={
          <Button size="sm" onClick={control.forget}>
            Start over
          </Button>
        }
      >
        {error.message}
      </Notice>
    );
  // Before the manifest is there the node knows no such lease; the phases say so already.
  if (lease.state === "open") return null;
  return (
    <Notice tone="warning" title="The node does not answer now.">
      {error.message} The deployment keeps running; this page tries again by itself.
    </Notice>
  );
}
