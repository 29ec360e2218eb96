const UNITS: Readonly<Record<string, bigint>> = {
  "": 1n,
  k: 1_024n,
  m: 1_024n ** 2n,
  g: 1_024n ** 3n,
  t: 1_024n ** 4n,
};
const SUFFIXES = [
  ["Ti", 1_024n ** 4n],
  ["Gi", 1_024n ** 3n],
  ["Mi", 1_024n ** 2n],
  ["Ki", 1_024n],
] as const;

/** Bytes as Compose writes them: `512m`, `1.5gb`, `2gib`, `1073741824`; powers of 1024. Undefined when it is no size. */
export function parseComposeBytes(text: string): bigint | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?\s?([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const unit = UNITS[match?.[3]?.toLowerCase() ?? ""];
  if (match === null || unit === undefined) return undefined;
  const fraction = match[2] ?? "";
  const scale = 10n ** BigInt(fraction.length);
  return (BigInt((match[1] ?? "") + fraction) * unit + scale - 1n) / scale;
}

/** Bytes as a manifest writes them, exact: `1536Mi`, `2Gi`; rounded up to a Ki. */
export function showBytes(bytes: bigint): string {
  const [suffix, unit] = SUFFIXES.find(([, size]) => bytes >= size && bytes % size === 0n) ?? ["Ki", 1_024n];
  return `${((bytes + unit - 1n) / unit).toString()}${suffix}`;
}

/** Milli-CPU as a manifest writes it: `0.5`, `2`. */
export function showCpu(milliCpu: number): string {
  return String(milliCpu / 1_000);
}
