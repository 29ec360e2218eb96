/** Bytes of WebAssembly code: just the instructions that the chain program needs. */
export type Code = readonly number[];

export function leb(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0))
      return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

export function uleb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return bytes;
}

export const get = (local: number): Code => [0x20, ...uleb(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...uleb(local)];
export const i32 = (value: number): Code => [0x41, ...leb(value | 0)];
export const i64 = (value: bigint): Code => [0x42, ...leb(BigInt.asIntN(64, value))];

const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode];

export const add = binary(0x6a);
export const sub = binary(0x6b);
export const mul = binary(0x6c);
export const rem = binary(0x70);
export const and = binary(0x71);
export const or = binary(0x72);
export const rotateLeft = binary(0x77);
export const rotateRight = binary(0x78);
export const isEqual = binary(0x46);
/** Signed: the addresses compared with it are below 2 GiB. */
export const isLess = binary(0x48);
export const isBelow = binary(0x49);
export const and64 = binary(0x83);
export const xor64 = binary(0x85);
export const shiftLeft64 = binary(0x86);
export const rotateLeft64 = binary(0x89);
export const widen = (value: Code): Code => [...value, 0xad];

export const load32 = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...uleb(offset)];
export const load64 = (address: Code, offset = 0): Code => [...address, 0x29, 3, ...uleb(offset)];
export const store64 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x37,
  3,
  ...uleb(offset),
];

export const call = (index: number, ...inputs: Code[]): Code => [...inputs.flat(), 0x10, ...uleb(index)];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
];
/** Runs the body at least once, and again while the condition holds. */
export const repeatWhile = (body: Code, condition: Code): Code => [
  0x03,
  0x40,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];

export interface WasmFunction {
  readonly name: string;
  /** Number of i32 parameters; there is no result. */
  readonly parameters: number;
  readonly i32Locals: number;
  readonly i64Locals: number;
  readonly body: Code;
}

const I32 = 0x7f;
const I64 = 0x7e;
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...uleb(content.length),
  ...content,
];
const list = (items: readonly (readonly number[])[]): number[] => [...uleb(items.length), ...items.flat()];
const named = (text: string): number[] => [...uleb(text.length), ...new TextEncoder().encode(text)];

/** A module that imports `env.memory` and exports all its functions. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...list(Array(parameters).fill([I32])), 0]);
  const bodies = functions.map(({ i32Locals, i64Locals, body }) => {
    const content = [
      ...list([
        [...uleb(i32Locals), I32],
        [...uleb(i64Locals), I64],
      ]),
      ...body,
      0x0b,
    ];
    return [...uleb(content.length), ...content];
  });
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([[...named("env"), ...named("memory"), 2, 0, 0]])),
    ...section(3, list(functions.map((_, index) => uleb(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...named(name), 0, ...uleb(index)]))),
    ...section(10, list(bodies)),
  ]);
}
