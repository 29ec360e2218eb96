import type { ManifestIssue } from "@fizz/protocol/manifest";
import { CircleAlert, TriangleAlert } from "lucide-react";
import type { ReactElement } from "react";

interface IssueListProps {
  readonly issues: readonly ManifestIssue[];
  readonly onChoose: (issue: ManifestIssue) => void;
}

/** Every problem with its place; a click puts the cursor there. */
export function IssueList({ issues, onChoose }: IssueListProps): ReactElement | null {
  if (issues.length === 0) return null;
  return (
    <ul aria-label="Problems of the manifest" className="flex max-h-64 flex-col gap-1 overflow-y-auto">
      {issues.map((issue) => (
        <li key={`${issue.code} ${issue.path} ${issue.line}:${issue.column}`}>
          <button
            type="button"
            onClick={() => {
              onChoose(issue);
            }}
            className="flex w-full items-start gap-2.5 rounded-lg px-3 py-2 text-left text-sm hover:bg-raised"
          >
            <IssueIcon severity={issue.severity} />
            <span className="min-w-0 flex-1 break-words">
              <span className="font-mono text-xs text-muted">
                {issue.line}:{issue.column} {issue.path}
              </span>
              <span className="block">
                {issue.message}
                {issue.suggestion === undefined ? "" : ` Did you mean ${issue.suggestion}?`}
              </span>
            </span>
            <code className="hidden shrink-0 pt-0.5 text-xs text-muted sm:block">{issue.code}</code>
          </button>
        </li>
      ))}
    </ul>
  );
}

function IssueIcon({ severity }: { readonly severity: ManifestIssue["severity"] }): ReactElement {
  return severity === "error" ? (
    <CircleAlert aria-label="Error" className="mt-0.5 size-4 shrink-0 text-danger" />
  ) : (
    <TriangleAlert aria-label="Warning" className="mt-0.5 size-4 shrink-0 text-warning" />
  );
}
