/** Where letters go, how many go, and what comes instead; an offset past the end begins again at the start. */
export type TextChange = readonly [offset: number, removed: number, added: string];

/** A text after some changes, one after the other. */
export function changeText(text: string, changes: readonly TextChange[]): string {
  let changed = text;
  for (const [offset, removed, added] of changes) {
    const at = offset % changed.length;
    changed = changed.slice(0, at) + added + changed.slice(at + removed);
  }
  return changed;
}
