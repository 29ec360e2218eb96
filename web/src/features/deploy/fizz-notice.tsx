import type { ReactElement } from "react";
import { Notice } from "../../ui/notice.tsx";

/** The mission's own warning. */
export function FizzNotice(): ReactElement {
  return (
    <Notice tone="warning" title="No sensitive data on Fizz nodes.">
      They are machines of community members: their owners can read what runs there. Put no secrets, keys or
      personal data into this workload.
    </Notice>
  );
}
