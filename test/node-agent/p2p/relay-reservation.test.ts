import { type Listener, type Upgrader } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import {
  RelayReservation,
  type RelayReservationComponents,
} from "../../../node-agent/src/p2p/relay-reservation.ts";
import { until } from "../../support/until.ts";
import { ManualClock } from "../support/manual-clock.ts";

const GATEWAY = multiaddr(
  "/ip4/127.0.0.1/tcp/4001/p2p/16Uiu2HAm4bd1YKnEAzQYXgPTVJTG2FH8BBSjk4VQrBhSDaQL1Jq3",
);

/** A listener of libp2p's relay transport: it has addresses while it has a reservation. */
class ScriptedListener extends EventTarget {
  readonly #mayHave: () => boolean;
  #has = false;
  isClosed = false;

  constructor(mayHave: () => boolean) {
    super();
    this.#mayHave = mayHave;
  }

  listen(): Promise<void> {
    if (!this.#mayHave())
      return Promise.reject(new Error("reservation failed with status PERMISSION_DENIED"));
    this.#has = true;
    return Promise.resolve();
  }

  getAddrs(): unknown[] {
    return this.#has ? [GATEWAY] : [];
  }

  lose(): void {
    this.#has = false;
    this.dispatchEvent(new Event("listening"));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

describe("A node's place on its gateway's relay", () => {
  it("is asked for again when it is refused, later each time", async () => {
    const { clock, listeners, missing } = keep({ refusals: 4 });
    const waits: number[] = [];
    for (let tries = 1; tries <= 4; tries += 1) {
      await until(() => Promise.resolve(clock.nextMs !== undefined), "it waits");
      waits.push(clock.nextMs ?? 0);
      clock.move(clock.nextMs ?? 0);
      await until(() => Promise.resolve(listeners.length === tries + 1), "it asks again");
    }
    // A quarter of each is chance.
    expect(waits.map((ms) => 2 ** Math.ceil(Math.log2(ms / 500)))).to.deep.equal([1, 2, 4, 8]);
    expect(missing).to.deep.equal([0, 1, 2, 3]);
    expect(listeners.map(({ isClosed }) => isClosed)).to.deep.equal([true, true, true, true, false]);
  });

  it("is asked for anew when it was not renewed, soon", async () => {
    const { clock, listeners, missing } = keep({ refusals: 0 });
    for (let times = 1; times <= 3; times += 1) {
      await until(() => Promise.resolve(listeners.length === times), "it asks");
      await new Promise((resolve) => setImmediate(resolve));
      listeners.at(-1)?.lose();
      await until(() => Promise.resolve(clock.nextMs !== undefined), "it waits");
      expect(clock.nextMs).to.be.within(375, 500);
      expect(missing).to.deep.equal(Array.from({ length: times }, () => 0));
      clock.move(500);
    }
  });

  it("is left when the session ends, without a word", async () => {
    const { kept, listeners, missing, end } = keep({ refusals: 0 });
    await until(() => Promise.resolve(listeners.length === 1), "it asks");
    end();
    await kept;
    expect(missing).to.deep.equal([]);
    expect(listeners.map(({ isClosed }) => isClosed)).to.deep.equal([true]);
  });

  function keep({ refusals }: { readonly refusals: number }) {
    const listeners: ScriptedListener[] = [];
    const createListener = (): Listener => {
      const listener = new ScriptedListener(() => listeners.length > refusals);
      listeners.push(listener);
      return listener as unknown as Listener;
    };
    const components = {
      upgrader: {} as Upgrader,
      transportManager: { listenTransportForMultiaddr: () => ({ createListener }) },
    } as unknown as RelayReservationComponents;
    const clock = new ManualClock();
    const ended = new AbortController();
    const missing: number[] = [];
    const kept = new RelayReservation(components).keep(GATEWAY, {
      clock,
      signal: ended.signal,
      onMissing: (_error, failures) => missing.push(failures),
    });
    const end = (): void => {
      ended.abort();
    };
    return { clock, listeners, missing, kept, end };
  }
});
