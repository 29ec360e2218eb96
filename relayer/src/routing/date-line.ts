let second = 0;
let line = "";

/** The Date field of answers that have none of their own, with its CRLF (RFC 9110, 6.6.1). */
export function dateLine(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1_000).toUTCString()}\r\n`;
  }
  return line;
}
