import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { type RelayListener, RelayReservation } from "../../../node-agent/src/p2p/relay-reservation.ts";
import { until } from "../../support/until.ts";
import { ManualClock } from "../support/manual-clock.ts";

const GATEWAY = multiaddr(
  "/ip4/127.0.0.1/tcp/4001/p2p/16Uiu2HAm4bd1YKnEAzQYXgPTVJTG2FH8BBSjk4VQrBhSDaQL1Jq3",
);

/** A listener of libp2p's relay transport: it has addresses while it has a reservation. */
class ScriptedListener implements RelayListener {
  readonly asked: string[] = [];
  refusals = 0;
  has = false;

  listen(address: { toString(): string }): Promise<void> {
    this.asked.push(address.toString());
    this.refusals -= 1;
    if (this.refusals >= 0)
      return Promise.reject(new Error("reservation failed with status PERMISSION_DENIED"));
    this.has = true;
    return Promise.resolve();
  }

  getAddrs(): unknown[] {
    return this.has ? [GATEWAY] : [];
  }
}

describe("A node's place on its gateway's relay", () => {
  it("is asked for again when it is refused, later each time, and looked at every 10 s", async () => {
    const { clock, first, missing } = keep({ refusals: 4 });
    const waits: number[] = [];
    for (let tries = 1; tries <= 4; tries += 1) waits.push(await nextLook(clock));
    // A quarter of each is chance.
    expect(waits.map((ms) => 2 ** Math.ceil(Math.log2(ms / 500)))).to.deep.equal([1, 2, 4, 8]);
    expect(missing).to.deep.equal([0, 1, 2, 3]);
    expect(await nextLook(clock)).to.equal(10_000);
    expect(await nextLook(clock)).to.equal(10_000);
    expect(first.asked).to.deep.equal(Array.from({ length: 5 }, () => `${GATEWAY.toString()}/p2p-circuit`));
  });

  it("is asked for anew when it is lost, and not while another listener has it", async () => {
    const { clock, first, second, missing } = keep({ refusals: 0 });
    await nextLook(clock);
    first.has = false;
    second.has = true;
    await nextLook(clock);
    await nextLook(clock);
    expect(first.asked.length).to.equal(1);
    second.has = false;
    await nextLook(clock);
    await nextLook(clock);
    expect([first.asked.length, second.asked, missing]).to.deep.equal([2, [], []]);
  });

  it("is left when the session ends, without a word", async () => {
    const { clock, kept, missing, end } = keep({ refusals: 0 });
    await nextLook(clock);
    end();
    await kept;
    expect(missing).to.deep.equal([]);
  });

  /** Lets the next look come. @returns The time until it, in milliseconds. */
  async function nextLook(clock: ManualClock): Promise<number> {
    await until(() => Promise.resolve(clock.nextMs !== undefined), "it waits");
    const waitMs = clock.nextMs ?? 0;
    clock.move(waitMs);
    return waitMs;
  }

  function keep({ refusals }: { readonly refusals: number }) {
    const reservation = new RelayReservation();
    const [first, second] = [new ScriptedListener(), new ScriptedListener()];
    first.refusals = refusals;
    reservation.remember(first);
    reservation.remember(second);
    const clock = new ManualClock();
    const ended = new AbortController();
    const missing: number[] = [];
    const kept = reservation.keep(GATEWAY, {
      clock,
      signal: ended.signal,
      onMissing: (_error, failures) => missing.push(failures),
    });
    const end = (): void => {
      ended.abort();
    };
    return { clock, first, second, missing, kept, end };
  }
});
