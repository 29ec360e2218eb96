import { DatagramStream } from "@fizz/protocol/streams";
import { expect } from "chai";
import { UdpSession } from "../../../relayer/src/doors/udp-session.ts";
import { createLibp2pPair, type Libp2pPair } from "../../support/libp2p-pair.ts";
import { until } from "../../support/until.ts";

const SECOND = 1_000;

describe("UdpSession", () => {
  let pair: Libp2pPair;
  before(async () => {
    pair = await createLibp2pPair();
  });
  after(async () => {
    await pair.stop();
  });

  it("ends after 30 s of silence while nobody answered", async () => {
    const { session, pass, ended, far, heard } = await setup();
    session.push(Buffer.from("hello"));
    await until(() => Promise.resolve(heard.length === 1), "the container hears it");
    pass(29 * SECOND);
    expect(ended()).to.equal(0);
    session.push(Buffer.from("still here"));
    pass(29 * SECOND);
    expect(ended()).to.equal(0);
    pass(SECOND);
    expect(ended()).to.equal(1);
    await far.closed;
  });

  it("ends after 120 s of silence once the container answered, in either direction", async () => {
    const { session, pass, ended, far, answers } = await setup();
    far.send(Buffer.from("welcome"));
    await until(() => Promise.resolve(answers.length === 1), "the answer goes back");
    pass(119 * SECOND);
    far.send(Buffer.from("again"));
    await until(() => Promise.resolve(answers.length === 2), "the answer goes back");
    pass(119 * SECOND);
    session.push(Buffer.from("hello"));
    pass(119 * SECOND);
    expect(ended()).to.equal(0);
    pass(SECOND);
    expect(ended()).to.equal(1);
    session.end();
    expect(ended()).to.equal(1);
  });

  it("ends with its stream", async () => {
    const { far, ended } = await setup();
    far.close();
    await until(() => Promise.resolve(ended() === 1), "it ends");
  });

  it("keeps 32 datagrams while the way opens, and a second after it could not be opened it ends", async () => {
    let refuse: (error: Error) => void = () => undefined;
    const opening = new Promise<never>((_resolve, reject) => (refuse = reject));
    const { session, pass, ended } = await setup(() => opening);
    for (let at = 0; at < 100; at += 1) session.push(Buffer.alloc(10));
    refuse(new Error("away"));
    await new Promise((resolve) => setTimeout(resolve, 10));
    session.push(Buffer.from("still trying"));
    pass(SECOND - 1);
    expect(ended()).to.equal(0);
    pass(1);
    expect(ended()).to.equal(1);
  });

  it("sends what waited, and no more than its limit", async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { session, heard } = await setup(() => opened);
    for (let at = 0; at < 100; at += 1) session.push(Buffer.from(String(at)));
    open();
    await until(() => Promise.resolve(heard.length >= 32), "what waited arrives");
    session.push(Buffer.from("later"));
    await until(() => Promise.resolve(heard.at(-1) === "later"), "and what comes then");
    expect(heard).to.have.length(33);
  });

  it("closes a way that opens after it ended", async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { session, far } = await setup(() => opened);
    session.end();
    open();
    await far.closed;
  });

  async function setup(when: () => Promise<void> = () => Promise.resolve()) {
    const { outbound, inbound } = await pair.open();
    const [heard, answers]: [string[], string[]] = [[], []];
    const far = new DatagramStream(inbound, (payload) => heard.push(Buffer.from(payload).toString()));
    let [now, ends] = [0, 0];
    const session = new UdpSession({
      address: "127.0.0.1",
      open: async ({ receive }) => {
        await when();
        return new DatagramStream(outbound, receive);
      },
      answer: (payload) => answers.push(Buffer.from(payload).toString()),
      onEnd: () => (ends += 1),
      now: () => now,
    });
    const pass = (milliseconds: number): void => {
      now += milliseconds;
      session.endIfIdle();
    };
    return { session, pass, far, heard, answers, ended: () => ends };
  }
});
