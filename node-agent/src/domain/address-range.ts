/** An IPv4 range as `10.0.0.0/8`; a single address has the prefix 32. */
const RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/;
const MAX_BYTE = 255;
const ADDRESS_BITS = 32;

/** In canonical form, the bits below the prefix cleared; undefined when it is no IPv4 range. */
export function parseRange(text: string): string | undefined {
  const match = RANGE.exec(text.trim());
  if (match === null) return undefined;
  const bytes = match.slice(1, 5).map(Number);
  const prefix = Number(match[5] ?? ADDRESS_BITS);
  if (bytes.some((byte) => byte > MAX_BYTE) || prefix > ADDRESS_BITS) return undefined;
  const address = bytes.reduce((sum, byte) => sum * (MAX_BYTE + 1) + byte, 0);
  const size = 2 ** (ADDRESS_BITS - prefix);
  return `${dotted(Math.floor(address / size) * size)}/${prefix}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % (MAX_BYTE + 1)).join(".");
}
