import { type ByteStream } from "@fizz/protocol/streams";
import { expect } from "chai";
import fc from "fast-check";
import { MuxPair } from "../../../support/mux-pair.ts";

const LEASES = [`0x${"1".repeat(64)}`, `0x${"2".repeat(64)}`] as const;
const MOST_BYTES = 400_000;

/** One end of a channel: sends a plan, and checks what arrives byte by byte. */
class End {
  readonly stream: ByteStream;
  readonly #seed: number;
  readonly #peerSeed: number;
  sent = 0;
  received = 0;
  hasEnded = false;
  closed: { readonly error?: Error } | undefined;
  mismatch: string | undefined;

  constructor(stream: ByteStream, [seed, peerSeed]: readonly [number, number]) {
    this.stream = stream;
    this.#seed = seed;
    this.#peerSeed = peerSeed;
    stream.addEventListener("message", ({ data }) => {
      if (stream.readStatus === "paused") this.mismatch = "a message while paused";
      for (const piece of data instanceof Uint8Array ? [data] : data) this.#check(piece);
    });
    stream.addEventListener("end", () => {
      if (this.hasEnded) this.mismatch = "a second end";
      this.hasEnded = true;
    });
    stream.addEventListener("close", (event) => {
      if (this.closed !== undefined) this.mismatch = "a second close";
      this.closed = event;
    });
  }

  send(length: number): void {
    const size = Math.min(length, MOST_BYTES - this.sent);
    if (this.stream.writeStatus !== "writable" || size <= 0) return;
    this.stream.send(Uint8Array.from({ length: size }, (_, index) => byteAt(this.#seed, this.sent + index)));
    this.sent += size;
  }

  pause(): void {
    if (this.stream.readStatus === "readable") this.stream.pause();
  }

  resume(): void {
    if (this.stream.readStatus === "paused") this.stream.resume();
  }

  close(): void {
    if (this.stream.writeStatus === "writable") void this.stream.close();
  }

  #check(piece: Uint8Array): void {
    for (const [index, byte] of piece.entries())
      if (byte !== byteAt(this.#peerSeed, this.received + index))
        this.mismatch = `byte ${this.received + index}`;
    this.received += piece.length;
  }
}

function byteAt(seed: number, at: number): number {
  return (at * 31 + (at >>> 8) + seed) & 0xff;
}

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("step" as const),
      choice: fc.nat(1_000),
      most: fc.integer({ min: 1, max: 90_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("send" as const),
      who: fc.nat(),
      length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 200_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom("pause" as const, "resume" as const, "close" as const),
      who: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("abort" as const), who: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("open" as const),
      lease: fc.nat(1),
      answer: fc.constantFrom("accept", "accept", "accept", "refuse", "later"),
    }),
  },
);

describe("mux: any interleaving", () => {
  it("delivers every byte once and in order, or says that it did not, and forgets every channel", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 120 }), async (actions) => {
        const ends: { near: End; far: () => End | undefined; aborted: boolean; refused: boolean }[] = [];
        const far = new Map<string, End>();
        const later: (() => void)[] = [];
        const answers = new Map<string, string>();
        const pair = new MuxPair({
          onOpen: ({ target: { service }, stream, accept, refuse }) => {
            const number = Number(service);
            far.set(service, new End(stream, [number + 7, number]));
            const answer = answers.get(service);
            if (answer === "accept") accept();
            else if (answer === "later") later.push(accept);
            else refuse(new TypeError("no"));
          },
        });
        const pick = (who: number): End | undefined => {
          const all = [...ends.map(({ near }) => near), ...far.values()];
          return all[who % Math.max(1, all.length)];
        };
        const act = (one: (typeof actions)[number]): void => {
          switch (one.type) {
            case "step":
              pair.step(one.choice, one.most);
              return;
            case "open": {
              const service = String(ends.length + 1);
              answers.set(service, one.answer);
              const stream = pair.gateway.open(
                { leaseHash: LEASES[one.lease] ?? LEASES[0], service, replica: 0, port: 80 },
                () => undefined,
              );
              const number = ends.length + 1;
              const near = new End(stream, [number, number + 7]);
              ends.push({
                near,
                far: () => far.get(service),
                aborted: false,
                refused: one.answer === "refuse",
              });
              return;
            }
            case "send": {
              // A node sends nothing before it has accepted.
              const end = pick(one.who);
              const isFarAndWaiting =
                end !== undefined && later.length > 0 && [...far.values()].includes(end);
              if (!isFarAndWaiting) end?.send(one.length);
              return;
            }
            case "pause":
            case "resume":
              pick(one.who)?.[one.type]();
              return;
            case "close": {
              const end = pick(one.who);
              const isFarAndWaiting =
                end !== undefined && later.length > 0 && [...far.values()].includes(end);
              if (!isFarAndWaiting) end?.close();
              return;
            }
            case "abort": {
              const end = pick(one.who);
              end?.stream.abort(new TypeError("aborted by the test"));
              const owner = ends.find(({ near, far: find }) => near === end || find() === end);
              if (owner !== undefined) owner.aborted = true;
            }
          }
        };
        for (const one of actions) {
          act(one);
          await Promise.resolve();
        }
        await pair.settle();
        for (const accept of later) accept();
        for (let round = 0; round < 3; round += 1) {
          for (const end of [...ends.map(({ near }) => near), ...far.values()]) {
            end.resume();
            end.close();
          }
          await pair.settle();
        }
        expect(pair.ended).to.deep.equal({});
        expect([pair.gateway.channelCount, pair.node.channelCount]).to.deep.equal([0, 0]);
        for (const { near, far: find, aborted, refused } of ends) {
          const other = find();
          expect(near.mismatch ?? other?.mismatch).to.equal(undefined);
          expect(near.closed === undefined || other?.closed === undefined).to.equal(false);
          if (aborted || refused) continue;
          expect([near.received, other?.received]).to.deep.equal([other?.sent, near.sent]);
          expect([near.hasEnded, other?.hasEnded]).to.deep.equal([true, true]);
          expect([near.closed?.error, other?.closed?.error]).to.deep.equal([undefined, undefined]);
        }
      }),
      { numRuns: 200 },
    );
  }).timeout(120_000);
});
