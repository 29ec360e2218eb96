/** Bytes that were read from a stream for a header and belong to what comes after it. */
const leftovers = new WeakMap<object, Uint8Array>();

/** Keeps bytes for whoever pipes the stream next. A stream whose end was delivered takes no bytes back. */
export function leaveOver(stream: object, bytes: Uint8Array): void {
  leftovers.set(stream, bytes);
}

/** What was left over, once. */
export function takeLeftover(stream: object): Uint8Array | undefined {
  const bytes = leftovers.get(stream);
  leftovers.delete(stream);
  return bytes;
}
