import { Mux } from "@fizz/protocol/streams";
import { expect } from "chai";
import fc from "fast-check";
import { targetOf } from "../../../support/mux-world.ts";

const KIB = 1024;
const HEADER_BYTES = 9;
const DATA = 4;

interface Writer {
  /** Sends what waits, and @returns the pieces that the link was given, of OPEN frames and others. */
  readonly flush: (payloads: readonly Uint8Array[]) => readonly Uint8Array[];
}

/** A gateway's end whose link takes everything; each payload goes over a channel of its own. */
function writer(): Writer {
  const written: Uint8Array[] = [];
  const tasks: (() => void)[] = [];
  const mux = new Mux(
    {
      write: (pieces) => {
        written.push(...pieces);
        return true;
      },
      isOpen: true,
      abort: () => undefined,
    },
    { defer: (task) => void tasks.push(task), onEnd: () => undefined, maxOpening: 4_096 },
  );
  return {
    flush: (payloads) => {
      for (const payload of payloads) mux.open(targetOf(), () => undefined).send(payload);
      for (const task of tasks.splice(0)) task();
      return written.splice(0);
    },
  };
}

/** The payload of each channel that DATA frames are for, in the order in which the channels were opened. */
function payloadsOf(bytes: Buffer): Buffer[] {
  const found = new Map<number, Buffer[]>();
  for (let at = 0; at < bytes.length;) {
    const [id, length] = [bytes.readUInt32BE(at + 1), bytes.readUInt32BE(at + 5)];
    const end = at + HEADER_BYTES + length;
    if (bytes[at] === DATA) found.set(id, [...(found.get(id) ?? []), bytes.subarray(at + HEADER_BYTES, end)]);
    at = end;
  }
  return [...found].sort(([a], [b]) => a - b).map(([, pieces]) => Buffer.concat(pieces));
}

describe("mux: what is written at once", () => {
  it("is every byte in order, and stays so while more is written", () => {
    const length = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 7 * KIB, max: 9 * KIB }),
      fc.constant(64 * KIB),
    );
    const batches = fc.array(fc.array(length, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(batches, fc.nat(200), (all, seed) => {
        const { flush } = writer();
        const results = all.map((lengths, index) => {
          const sent = lengths.map((size, at) => Buffer.alloc(size, 1 + seed + index * 12 + at));
          return { sent, pieces: flush(sent) };
        });
        for (const { sent, pieces } of results) {
          const got = payloadsOf(Buffer.concat(pieces));
          expect(got.map(({ length }) => length)).to.deep.equal(sent.map(({ length }) => length));
          expect(Buffer.concat(got).equals(Buffer.concat(sent))).to.equal(true);
        }
      }),
      { numRuns: 30 },
    );
  }).timeout(60_000);

  it("copies what is small together, and nothing that is big", () => {
    const { flush } = writer();
    const small = Array.from({ length: 100 }, () => Buffer.alloc(10));
    // One more where the room for small ones ends in the middle.
    expect(flush(small).length).to.be.within(1, 2);
    const big = Buffer.alloc(64 * KIB);
    const pieces = flush([...small, big]);
    expect(pieces.filter(({ buffer }) => buffer === big.buffer).length).to.equal(1);
    expect(pieces.length).to.be.within(2, 5);
  });
});
