import { type Random } from "./random.ts";

type Place = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string };

const LONG = 70_000;
const DEEP = 30_000;
/** What JSON.stringify cannot write stands for itself until `jsonText`. */
const raw: Readonly<Record<string, string>> = {
  "\u0001list": "[".repeat(DEEP) + "]".repeat(DEEP),
  "\u0001object": `${'{"a":'.repeat(DEEP)}0${"}".repeat(DEEP)}`,
  "\u0001infinite": "1e999",
  "\u0001precise": "123456789012345678901234567890.5",
  "\u0001twice": '{"type":"a","type":"b","__proto__":{"admin":true}}',
};

/** What readers of JSON trip over. */
const oddValues: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => "",
  () => 0,
  () => -1,
  () => 0.1,
  () => 1e308,
  () => 2 ** 53,
  () => "9".repeat(78),
  () => "9".repeat(300),
  () => "-1",
  () => "0x",
  () => " 1",
  () => "1e3",
  () => "\ud800",
  () => "\u0000\u202e\u{1f600}é́",
  () => "a".repeat(LONG),
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => "__proto__",
  () => "http://127.0.0.1:1/",
  () => "/ip4/127.0.0.1/tcp/1",
  () => `0x${"00".repeat(20)}`,
  () => `0x${"ff".repeat(32)}`,
  (random) => random.below(2 ** 31),
  (random) => `0x${random.bytes(random.pick([20, 32, 33, 65])).toString("hex")}`,
  (random) => random.bytes(20).toString("latin1"),
  (random) => Array.from({ length: random.pick([257, 2_000]) }, () => 0),
  (random) => random.pick(Object.keys(raw)),
];

/** JSON of what `mutateJson` made, with depths and numbers that no value of JavaScript holds. */
export function jsonText(value: unknown): string {
  let text = value === undefined ? "" : JSON.stringify(value);
  for (const [mark, instead] of Object.entries(raw))
    text = text.replaceAll(JSON.stringify(mark), () => instead);
  return text;
}

/** A copy of a JSON value with one to four things wrong. What is left alone stays valid. */
export function mutateJson(value: unknown, random: Random): unknown {
  const root = { value: structuredClone(value) };
  const times = 1 + random.below(4);
  for (let time = 0; time < times; time += 1) {
    const places = placesOf(root);
    mutateAt(random.pick(places), places, random);
  }
  return root.value;
}

function mutateAt({ holder, key }: Place, places: readonly Place[], random: Random): void {
  const at = holder as Record<string, unknown>;
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (key !== "value") Reflect.deleteProperty(at, key);
      return;
    case 1:
      if (Array.isArray(holder)) holder.push(structuredClone(at[key]));
      else at[random.pick(["extra", "__proto__", "constructor", "toString", key.toUpperCase()])] = at[key];
      return;
    case 2: {
      const other = random.pick(places);
      const theirs = (other.holder as Record<string, unknown>)[other.key];
      // A swap of a value with a part of itself would make a ring.
      at[key] = structuredClone(theirs);
      return;
    }
    case 3:
    case 4:
      at[key] = random.pick(oddValues)(random);
      return;
    default:
      at[key] = twist(at[key], random);
  }
}

/** Something close to what it was. */
function twist(value: unknown, random: Random): unknown {
  if (typeof value === "number") return value + random.pick([1, -1, 0.5, 2 ** 32, -(2 ** 31), 2 ** 48]);
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") {
    const at = random.below(value.length + 1);
    const one = random.pick(["0", "f", "g", "/", ".", " ", "\u0000", "é", "9"]);
    return random.pick([
      value.slice(0, at),
      value.slice(0, at) + one + value.slice(at + 1),
      value.slice(0, at) + one + value.slice(at),
      value + value,
      value.toUpperCase(),
    ]);
  }
  return random.pick(oddValues)(random);
}

function placesOf(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const waiting: (Record<string, unknown> | unknown[])[] = [root];
  for (let holder = waiting.pop(); holder !== undefined && places.length < 2_000; holder = waiting.pop())
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      const value = (holder as Record<string, unknown>)[key];
      if (typeof value === "object" && value !== null) waiting.push(value as Record<string, unknown>);
    }
  return places;
}

/** A copy of bytes: cut, flipped, repeated, filled with others. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length + 1);
  switch (random.below(6)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(64)), copy.subarray(at)]);
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy]);
    case 3:
      return random.bytes(random.below(2_000));
    default:
      for (let flips = 0; flips <= random.below(4) && copy.length > 0; flips += 1) {
        const place = random.below(copy.length);
        copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
      }
      return copy;
  }
}
