import {
  add,
  and,
  and64,
  assemble,
  call,
  type Code,
  get,
  i32,
  i64,
  isBelow,
  isEqual,
  isLess,
  load32,
  load64,
  mul,
  or,
  rem,
  repeatWhile,
  rotateLeft,
  rotateLeft64,
  rotateRight,
  set,
  shiftLeft64,
  store64,
  sub,
  type WasmFunction,
  when,
  widen,
  xor64,
} from "./assembler.ts";

/** Where things lie in the memory of the program, in bytes. */
export const layout = {
  /** State of keccak-f[1600]: 25 lanes. */
  state: 0,
  /** Round constants, 24 lanes. */
  constants: 256,
  /** Input of a label: lane seed, index, label before, label pointed to. */
  message: 512,
  /** 32 bytes that stay zero. */
  zero: 704,
  /** Nodes of the tree of one block. */
  tree: 1_024,
  /** Ring of labels. */
  ring: 4_096,
} as const;

const PERMUTE = 0;
const HASH = 1;
const REDUCE = 2;

const ROTATIONS = [
  0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
] as const;

/** Round constants of keccak, from its shift register. */
export function roundConstants(): bigint[] {
  let register = 1;
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let bit = 0; bit < 7; bit++) {
      if ((register & 1) === 1) constant |= 1n << (2n ** BigInt(bit) - 1n);
      register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
    }
    return constant;
  });
}

const lanes = Array.from({ length: 25 }, (_, lane) => lane);
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The permutation on the state in memory: theta, rho and pi into `b`, chi and iota back into `a`. */
function permute(): WasmFunction {
  const round = 0;
  const a = (lane: number): number => 1 + lane;
  const b = (lane: number): number => 26 + lane;
  const c = (x: number): number => 51 + (x % 5);
  const d = 56;
  const state = i32(layout.state);

  const columns = range(5).map((x) =>
    set(
      c(x),
      range(4).reduce<Code>((sum, y) => xor64(sum, get(a(x + 5 * (y + 1)))), get(a(x))),
    ),
  );
  const moves = range(5).map((x) => [
    ...set(d, xor64(get(c(x + 4)), rotateLeft64(get(c(x + 1)), i64(1n)))),
    ...range(5).flatMap((y) => {
      const from = x + 5 * y;
      const to = y + 5 * ((2 * x + 3 * y) % 5);
      return set(b(to), rotateLeft64(xor64(get(a(from)), get(d)), i64(BigInt(ROTATIONS[from] ?? 0))));
    }),
  ]);
  const chi = lanes.map((lane) => {
    const row = lane - (lane % 5);
    const next = row + ((lane + 1) % 5);
    const afterNext = row + ((lane + 2) % 5);
    return set(a(lane), xor64(get(b(lane)), and64(xor64(get(b(next)), i64(-1n)), get(b(afterNext)))));
  });
  const iota = set(a(0), xor64(get(a(0)), load64(get(round), layout.constants)));
  const body = [
    ...lanes.flatMap((lane) => set(a(lane), load64(state, 8 * lane))),
    ...set(round, i32(0)),
    ...repeatWhile(
      [...columns.flat(), ...moves.flat(), ...chi.flat(), ...iota, ...set(round, add(get(round), i32(8)))],
      isBelow(get(round), i32(8 * 24)),
    ),
    ...lanes.flatMap((lane) => store64(state, get(a(lane)), 8 * lane)),
  ];
  return { name: "permute", parameters: 0, i32Locals: 1, i64Locals: 56, body };
}

const RATE_LANES = 17;

/** hash(source, lanes, target): keccak256 of whole lanes. */
function hash(): WasmFunction {
  const [source, left, target, at] = [0, 1, 2, 3];
  const state = i32(layout.state);
  const absorb = (count: Code): Code => [
    ...set(at, i32(0)),
    ...when(isBelow(get(at), count), [
      ...repeatWhile(
        [
          ...store64(get(at), xor64(load64(get(at)), load64(add(get(source), get(at))))),
          ...set(at, add(get(at), i32(8))),
        ],
        isBelow(get(at), mul(count, i32(8))),
      ),
    ]),
  ];
  const full = isBelow(i32(RATE_LANES - 1), get(left));
  const body = [
    ...lanes.flatMap((lane) => store64(state, i64(0n), 8 * lane)),
    ...when(
      full,
      repeatWhile(
        [
          ...absorb(i32(RATE_LANES)),
          ...call(PERMUTE),
          ...set(source, add(get(source), i32(8 * RATE_LANES))),
          ...set(left, sub(get(left), i32(RATE_LANES))),
        ],
        full,
      ),
    ),
    ...absorb(get(left)),
    ...store64(mul(get(left), i32(8)), xor64(load64(mul(get(left), i32(8))), i64(1n))),
    ...store64(state, xor64(load64(state, 8 * 16), i64(1n << 63n)), 8 * 16),
    ...call(PERMUTE),
    ...range(4).flatMap((lane) => store64(get(target), load64(state, 8 * lane), 8 * lane)),
  ];
  return { name: "hash", parameters: 3, i32Locals: 1, i64Locals: 0, body };
}

/** reduce(source, target, count): hashes pairs of nodes; source and target may be the same. */
function reduce(): WasmFunction {
  const [source, target, count] = [0, 1, 2];
  const body = repeatWhile(
    [
      ...call(HASH, get(source), i32(8), get(target)),
      ...set(source, add(get(source), i32(64))),
      ...set(target, add(get(target), i32(32))),
      ...set(count, sub(get(count), i32(1))),
    ],
    get(count),
  );
  return { name: "reduce", parameters: 3, i32Locals: 0, i64Locals: 0, body };
}

const swap32 = (value: Code): Code =>
  or(and(rotateLeft(value, i32(8)), i32(0x00ff00ff)), and(rotateRight(value, i32(8)), i32(0xff00ff00 | 0)));

/**
 * run(index, end, slot, window, ringBytes, roots): labels `index` to `end`, whole blocks. `slot` is the address of the
 * first one, `roots` where the root of its block goes.
 */
function run(): WasmFunction {
  const [index, end, slot, window, ringBytes, roots, before, parent, blockStart] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ];
  const message = i32(layout.message);
  const copy = (from: Code, offset: number): Code =>
    range(4).flatMap((lane) => store64(message, load64(from, 8 * lane), offset + 8 * lane));
  const reach = 9;
  const findParent: Code = [
    ...set(reach, get(window)),
    ...when(isBelow(get(index), get(window)), set(reach, get(index))),
    ...set(parent, sub(get(before), mul(rem(swap32(load32(get(before), 28)), get(reach)), i32(32)))),
    ...when(isLess(get(parent), i32(layout.ring)), set(parent, add(get(parent), get(ringBytes)))),
  ];
  const label: Code = [
    ...when(get(index), findParent, [...set(before, i32(layout.zero)), ...set(parent, i32(layout.zero))]),
    ...store64(message, shiftLeft64(widen(swap32(get(index))), i64(32n)), 56),
    ...copy(get(before), 64),
    ...copy(get(parent), 96),
    ...call(HASH, message, i32(16), get(slot)),
    ...set(before, get(slot)),
    ...set(slot, add(get(slot), i32(32))),
    ...set(index, add(get(index), i32(1))),
  ];
  const tree = i32(layout.tree);
  const block: Code = [
    ...set(blockStart, get(slot)),
    ...repeatWhile(label, and(get(index), i32(255))),
    ...range(16).flatMap((segment) =>
      call(HASH, add(get(blockStart), i32(512 * segment)), i32(64), i32(layout.tree + 32 * segment)),
    ),
    ...call(REDUCE, tree, tree, i32(8)),
    ...call(REDUCE, tree, tree, i32(4)),
    ...call(REDUCE, tree, tree, i32(2)),
    ...call(REDUCE, tree, get(roots), i32(1)),
    ...set(roots, add(get(roots), i32(32))),
    ...when(isEqual(get(slot), add(i32(layout.ring), get(ringBytes))), set(slot, i32(layout.ring))),
  ];
  const body = [
    // The label before the first one: the end of the ring when the first one is at its start.
    ...set(before, sub(get(slot), i32(32))),
    ...when(isEqual(get(slot), i32(layout.ring)), set(before, add(get(before), get(ringBytes)))),
    ...repeatWhile(block, isBelow(get(index), get(end))),
  ];
  return { name: "run", parameters: 6, i32Locals: 4, i64Locals: 0, body };
}

/** The chain of labels as WebAssembly: several times faster than keccak in JavaScript. */
export function chainProgram(): Uint8Array<ArrayBuffer> {
  return assemble([permute(), hash(), reduce(), run()]);
}
