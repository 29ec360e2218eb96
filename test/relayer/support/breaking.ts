import { ProtocolError } from "@fizz/protocol/errors";

/** What changes something that outlives the process. */
const WRITES: readonly string[] = [
  "addRequest",
  "changeRequest",
  "openSlot",
  "addTransaction",
  "closeSlot",
  "send",
];

/** When a process ends: before or after the n-th change that it makes. */
export interface Crash {
  left: number;
  readonly when: "before" | "after";
  /** Names of the calls that are changes. */
  readonly names?: readonly string[];
}

/** Throws INTERNAL at the n-th change, which is done or not, and at everything after it. */
export function breaking<Target extends object>(target: Target, crash: Crash): Target {
  const { names = WRITES } = crash;
  return wrapped(target, (name, call) => {
    if (crash.left === 0) return gone();
    if (!names.includes(name)) return call();
    crash.left -= 1;
    if (crash.left > 0) return call();
    return crash.when === "before" ? gone() : Promise.resolve(call()).then(gone);
  });
}

/** Throws CHAIN_UNREACHABLE at every call while the line is cut. */
export function unplugged<Target extends object>(target: Target, line: { readonly isUp: boolean }): Target {
  return wrapped(target, (_, call) =>
    line.isUp ? call() : Promise.reject(new ProtocolError("CHAIN_UNREACHABLE", "The line is cut.")),
  );
}

/** Answers no call, ever. */
export function silent<Target extends object>(target: Target): Target {
  return wrapped(target, () => new Promise<never>(() => undefined));
}

function wrapped<Target extends object>(
  target: Target,
  around: (name: string, call: () => unknown) => unknown,
): Target {
  return new Proxy(target, {
    get: (_, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => around(String(name), () => Reflect.apply(member, target, args));
    },
  });
}

async function gone(): Promise<never> {
  return await Promise.reject(new ProtocolError("INTERNAL", "The process has ended."));
}
