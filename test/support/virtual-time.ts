import { once } from "node:events";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { type AddressInfo, connect, createServer } from "node:net";

type Task = (...args: unknown[]) => void;

/** Round trips over loopback after each step: what was sent in the step arrives, is read and answered meanwhile. */
const ROUNDS = 8;
/** Timers that are due within this time of each other run before anything else does, in milliseconds. */
const STEP_MS = 1_000;
/** Time flows so much more slowly than the real one: a busy machine makes nobody late. */
const FLOW_RATE = 0.25;
/** How often time that flows by itself is looked at, in real milliseconds. */
const FLOW_MS = 2;

const real = { setTimeout, clearTimeout, setInterval, clearInterval, Date };
const realPerformanceNow = performance.now.bind(performance);
const realTimeoutSignal = AbortSignal.timeout.bind(AbortSignal);
// The imported names of a builtin follow this object.
const promises = createRequire(import.meta.url)("node:timers/promises") as {
  setTimeout: <Value>(ms?: number, value?: Value, options?: { signal?: AbortSignal }) => Promise<Value>;
};
const realSleep = promises.setTimeout;

/**
 * The timers and clocks of this process, its libraries' too, in a time of their own: it flows as the real one does, until
 * it is put forward, when every timer on the way runs in its turn and sockets get their turns in between. Timers that
 * were set before are not part of it, nor are those inside of Node (sockets' own timeouts).
 */
export class VirtualTime {
  readonly #timers = new Set<VirtualTimer>();
  #ahead = 0;
  #isFast = false;
  #flow: NodeJS.Timeout | undefined;

  /** Milliseconds, of both clocks. */
  get #elapsed(): number {
    return this.#isFast ? this.#frozen : realPerformanceNow() * FLOW_RATE + this.#ahead;
  }
  #frozen = 0;

  install(): void {
    const from = Date.now() - this.#elapsed;
    const start = (task: Task, ms: number | undefined, rest: { every: boolean; args: unknown[] }) => {
      const timer = new VirtualTimer(this.#timers, () => this.#elapsed, {
        run: () => {
          task(...rest.args);
        },
        ms: Math.max(1, Number(ms) || 0),
        every: rest.every,
      });
      return timer.start();
    };
    const clear = (timer: unknown): void => {
      if (timer instanceof VirtualTimer) timer.close();
      else real.clearTimeout(timer as NodeJS.Timeout);
    };
    Object.assign(globalThis, {
      setTimeout: (task: Task, ms?: number, ...args: unknown[]) => start(task, ms, { every: false, args }),
      setInterval: (task: Task, ms?: number, ...args: unknown[]) => start(task, ms, { every: true, args }),
      clearTimeout: clear,
      clearInterval: clear,
    });
    globalThis.Date = dateIn(() => Math.floor(from + this.#elapsed));
    performance.now = () => this.#elapsed;
    AbortSignal.timeout = (ms) => {
      const own = new AbortController();
      const expire = (): void => {
        own.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
      };
      start(expire, ms, { every: false, args: [] });
      return own.signal;
    };
    promises.setTimeout = sleep;
    syncBuiltinESMExports();
    this.#flow = real.setInterval(() => {
      if (!this.#isFast) this.#runDue(this.#elapsed);
    }, FLOW_MS);
  }

  /** Timers that were set meanwhile never run any more. */
  uninstall(): void {
    real.clearInterval(this.#flow);
    const { setTimeout, clearTimeout, setInterval, clearInterval } = real;
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    globalThis.Date = real.Date;
    Reflect.deleteProperty(performance, "now");
    AbortSignal.timeout = realTimeoutSignal;
    promises.setTimeout = realSleep;
    syncBuiltinESMExports();
  }

  /** Puts time forward. @returns Timers that ran. */
  async forward(ms: number): Promise<number> {
    const end = this.#elapsed + ms;
    this.#frozen = this.#elapsed;
    this.#isFast = true;
    let ran = 0;
    const echo = await startEcho();
    while (this.#frozen < end) {
      const next = Math.min(...[...this.#timers].map(({ due }) => due), end);
      this.#frozen = Math.min(Math.max(next, this.#frozen + STEP_MS), end);
      ran += this.#runDue(this.#frozen);
      for (let round = 0; round < ROUNDS; round += 1) await echo.once();
    }
    echo.stop();
    this.#ahead = this.#frozen - realPerformanceNow() * FLOW_RATE;
    this.#isFast = false;
    return ran;
  }

  #runDue(now: number): number {
    const due = [...this.#timers].filter((timer) => timer.due <= now).sort((a, b) => a.due - b.due);
    for (const timer of due) timer.fire();
    return due.length;
  }
}

/** The class of dates with another clock. */
function dateIn(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    get: (target, key, receiver) => (key === "now" ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
}

/** A socket that says everything back: the system has then passed on what was sent before, however busy it is. */
async function startEcho(): Promise<{ once(): Promise<void>; stop(): void }> {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  return {
    once: async () => {
      const back = once(socket, "data");
      socket.write("x");
      await back;
      await new Promise(setImmediate);
    },
    stop: () => {
      socket.destroy();
      server.close();
    },
  };
}

interface VirtualTimerInit {
  readonly run: () => void;
  readonly ms: number;
  readonly every: boolean;
}

/** As a timer of Node, as far as libraries use it. */
class VirtualTimer {
  due = 0;
  readonly #timers: Set<VirtualTimer>;
  readonly #now: () => number;
  readonly #init: VirtualTimerInit;

  constructor(timers: Set<VirtualTimer>, now: () => number, init: VirtualTimerInit) {
    this.#timers = timers;
    this.#now = now;
    this.#init = init;
  }

  start(): this {
    this.due = this.#now() + this.#init.ms;
    this.#timers.add(this);
    return this;
  }

  fire(): void {
    // One that ran before it may have ended it.
    if (!this.#timers.delete(this)) return;
    if (this.#init.every) this.start();
    this.#init.run();
  }

  close(): this {
    this.#timers.delete(this);
    return this;
  }

  refresh(): this {
    return this.start();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

async function sleep<Value>(
  ms?: number,
  value?: Value,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Value> {
  return await new Promise<Value>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new DOMException("The operation was aborted", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value as Value);
    }, ms);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
