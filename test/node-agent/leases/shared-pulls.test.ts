import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { MAX_PULLS, type PullAsk, SharedPulls } from "../../../node-agent/src/leases/shared-pulls.ts";
import { type ImageFacts } from "../../../node-agent/src/ports.ts";
import { codeOf } from "../../support/code-of.ts";

const FACTS: ImageFacts = { id: "one", sizeBytes: 1, ports: [] };
const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

describe("SharedPulls", () => {
  it("pulls once for all who want the same, and tells all of them how far it is", async () => {
    const { pulls, begun, join } = setup();
    const seen: unknown[] = [];
    const both = [
      join("a", { onProgress: (...at) => seen.push(at) }),
      join("a", { onProgress: (...at) => seen.push(at) }),
    ];
    await turn();
    expect(begun).to.have.length(1);
    begun[0]?.ask.onProgress(5, 100);
    begun[0]?.finish(FACTS);
    expect(await Promise.all(both)).to.deep.equal([FACTS, FACTS]);
    expect(seen).to.deep.equal([
      [5, 100],
      [5, 100],
    ]);
    const again = pulls.join("a", ask(), async () => await Promise.resolve({ ...FACTS, id: "two" }));
    expect((await again).id).to.equal("two");
  });

  it("goes on while one of them waits, and ends with the last", async () => {
    const { begun, join } = setup();
    const [first, second] = [new AbortController(), new AbortController()];
    const outcomes = [join("a", first), join("a", second)].map(codeOf);
    await turn();
    first.abort();
    expect(await outcomes[0]).to.equal("TIMEOUT");
    expect(begun[0]?.ask.signal.aborted).to.equal(false);
    second.abort();
    expect(await outcomes[1]).to.equal("TIMEOUT");
    expect(begun[0]?.ask.signal.aborted).to.equal(true);
    void join("a");
    await turn();
    // It does not wait for the one that was ended, which still has its turn.
    expect(begun).to.have.length(2);
  });

  it(`runs ${MAX_PULLS} at once, the others in turn, and forgets one that is not wanted any more`, async () => {
    const { begun, join } = setup();
    const results = Array.from({ length: MAX_PULLS }, (_, at) => join(`${at}`));
    const dropped = new AbortController();
    const outcome = codeOf(join("dropped", dropped));
    const last = join("last");
    await turn();
    expect(begun.map(({ key }) => key)).to.deep.equal(["0", "1", "2"]);
    dropped.abort();
    expect(await outcome).to.equal("TIMEOUT");
    begun[0]?.fail(new ProtocolError("ENGINE_UNREACHABLE", "away"));
    expect(await codeOf(results[0] ?? Promise.resolve())).to.equal("ENGINE_UNREACHABLE");
    await turn();
    expect(begun.map(({ key }) => key)).to.deep.equal(["0", "1", "2", "last"]);
    for (const { finish } of begun) finish(FACTS);
    expect(await last).to.equal(FACTS);
  });

  function ask(changes: Partial<PullAsk> = {}): PullAsk {
    const { signal = new AbortController().signal, onProgress = () => undefined } = changes;
    return { signal, onProgress };
  }

  function setup() {
    const pulls = new SharedPulls();
    const begun: {
      key: string;
      ask: PullAsk;
      finish: (facts: ImageFacts) => void;
      fail: (error: Error) => void;
    }[] = [];
    const join = async (key: string, changes: Partial<PullAsk> = {}): Promise<ImageFacts> =>
      await pulls.join(key, ask(changes), async (given) => {
        return await new Promise((resolve, reject) => {
          begun.push({ key, ask: given, finish: resolve, fail: reject });
        });
      });
    return { pulls, begun, join };
  }
});
