import type { ReactElement } from "react";
import { Card } from "../../ui/card.tsx";
import { CopyLine } from "../../ui/copy-text.tsx";

/** The same on the command line. */
export function CommandsCard({ lid }: { readonly lid: bigint }): ReactElement {
  const commands = [
    `npx fizz deployment get --lid ${lid}`,
    `npx fizz deployment logs --lid ${lid} --follow`,
    `npx fizz deployment events --lid ${lid}`,
    `npx fizz deployment close --lid ${lid}`,
  ];
  return (
    <Card title="On the command line" description="The same wallet sees the same deployment.">
      <div className="flex flex-col gap-2">
        {commands.map((command) => (
          <CopyLine key={command} text={command} label={`Copy ${command}`} />
        ))}
      </div>
    </Card>
  );
}
