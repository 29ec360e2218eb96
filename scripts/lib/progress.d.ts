/**
 * Runs `work` and tells on stderr when it takes longer than a second: a spinner on a terminal, plain lines
 * elsewhere. `work` gets a function that replaces the detail shown behind the label.
 */
export function withProgress<T>(
  label: string,
  work: (setDetail: (text: string) => void) => Promise<T>,
): Promise<T>;
