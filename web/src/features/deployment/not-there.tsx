import { SearchX } from "lucide-react";
import Link from "next/link";
import type { ReactElement } from "react";
import { buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";

interface NotThereProps {
  readonly title: string;
  readonly children: string;
}

export function NotThere({ title, children }: NotThereProps): ReactElement {
  return (
    <Card bodyClassName="p-0">
      <h1 className="sr-only">Deployment</h1>
      <EmptyState
        icon={SearchX}
        title={title}
        action={
          <Link href="/deployments" className={buttonClass("secondary")}>
            Your deployments
          </Link>
        }
      >
        {children}
      </EmptyState>
    </Card>
  );
}
