import { expect } from "chai";
import { framesTo, KIB, listenTo, muxWorld, openPayload } from "../../../support/mux-world.ts";

const [OPEN, READY, REFUSED, DATA, FIN, RST, WINDOW, PING, PONG] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe("mux: peers that break the rules", () => {
  it("refuses a target that cannot be read, and stays up", () => {
    const { pair } = muxWorld();
    const frames = framesTo(pair.node);
    frames.push(OPEN, 1, Buffer.from("{}"));
    pair.runTasks();
    const [type] = pair.toGateway.take(1);
    expect([type, pair.ended]).to.deep.equal([REFUSED, {}]);
    frames.push(RST, 1);
    expect([pair.node.channelCount, pair.ended]).to.deep.equal([0, {}]);
  });

  it("ends the link of a peer that breaks its rules, with a code that says how", async () => {
    type Push = (type: number, id: number, payload?: Uint8Array) => void;
    const rows: readonly (readonly [
      side: "gateway" | "node",
      violation: string,
      act: (push: Push) => void,
    ])[] = [
      [
        "node",
        "unknown-frame",
        (push) => {
          push(0, 1);
        },
      ],
      [
        "gateway",
        "unknown-frame",
        (push) => {
          push(10, 1);
        },
      ],
      [
        "node",
        "frame-too-large",
        (push) => {
          push(OPEN, 2, Buffer.alloc(1_025));
        },
      ],
      [
        "gateway",
        "frame-too-large",
        (push) => {
          push(DATA, 1, Buffer.alloc(64 * KIB + 1));
        },
      ],
      [
        "gateway",
        "frame-too-large",
        (push) => {
          push(READY, 1, Buffer.alloc(1));
        },
      ],
      [
        "gateway",
        "frame-too-large",
        (push) => {
          push(PONG, 1, Buffer.alloc(1));
        },
      ],
      [
        "gateway",
        "wrong-length",
        (push) => {
          push(DATA, 1);
        },
      ],
      [
        "gateway",
        "wrong-length",
        (push) => {
          push(WINDOW, 1, Buffer.alloc(3));
        },
      ],
      [
        "gateway",
        "wrong-direction",
        (push) => {
          push(OPEN, 2, openPayload());
        },
      ],
      [
        "node",
        "wrong-direction",
        (push) => {
          push(READY, 1);
        },
      ],
      [
        "node",
        "wrong-direction",
        (push) => {
          push(REFUSED, 1, Buffer.from("{}"));
        },
      ],
      [
        "node",
        "channel-in-use",
        (push) => {
          push(OPEN, 1, openPayload());
        },
      ],
      [
        "node",
        "unknown-channel",
        (push) => {
          push(DATA, 9, Buffer.from("x"));
        },
      ],
      [
        "gateway",
        "unknown-channel",
        (push) => {
          push(FIN, 9);
        },
      ],
      [
        "gateway",
        "unknown-channel",
        (push) => {
          push(READY, 9);
        },
      ],
      [
        "gateway",
        "wrong-state",
        (push) => {
          push(DATA, 1, Buffer.from("x"));
        },
      ],
      [
        "gateway",
        "wrong-state",
        (push) => {
          push(READY, 1);
          push(READY, 1);
        },
      ],
      [
        "node",
        "wrong-state",
        (push) => {
          push(FIN, 1);
          push(DATA, 1, Buffer.from("x"));
        },
      ],
      [
        "node",
        "wrong-state",
        (push) => {
          push(FIN, 1);
          push(FIN, 1);
        },
      ],
      [
        "node",
        "credit-overrun",
        (push) => {
          for (let sent = 0; sent < 5; sent += 1) push(DATA, 1, Buffer.alloc(64 * KIB));
        },
      ],
      [
        "node",
        "credit-overflow",
        (push) => {
          push(WINDOW, 1, Buffer.from([0, 64, 0, 0]));
        },
      ],
      [
        "gateway",
        "malformed-refusal",
        (push) => {
          push(REFUSED, 1, Buffer.from("{}"));
        },
      ],
      [
        "node",
        "too-many-channels",
        (push) => {
          for (let id = 2; id < 9; id += 1) push(OPEN, id, openPayload());
        },
      ],
    ];
    for (const [side, violation, act] of rows) {
      const { pair, open } = muxWorld({ maxChannels: 3, onOpen: () => undefined });
      const { near } = open();
      const heard = listenTo(near);
      await pair.settle();
      const frames = framesTo(pair[side]);
      act((type, id, payload) => {
        frames.push(type, id, payload);
      });
      const error = pair.ended[side];
      expect([error?.code, error?.details], `${side} ${violation}`).to.deep.equal([
        "LINK_VIOLATION",
        { violation },
      ]);
      if (side === "gateway") expect(heard.events).to.deep.equal(["close!"]);
    }
  });

  it("ends the link of a peer that asks and asks, and reads nothing", () => {
    const { pair } = muxWorld({ capacity: 0 });
    const frames = framesTo(pair.node);
    for (let count = 0; count < 130_000 && pair.ended.node === undefined; count += 1)
      frames.push(PING, count);
    expect(pair.ended.node?.details).to.deep.equal({ violation: "does-not-read" });
  });

  it("takes a reset and credit that cross the end of a channel", async () => {
    const { pair } = muxWorld();
    const frames = framesTo(pair.node);
    frames.push(RST, 77);
    frames.push(WINDOW, 77, Buffer.from([0, 0, 1, 0]));
    await pair.settle();
    expect(pair.ended).to.deep.equal({});
  });
});
