import { ProtocolError } from "@fizz/protocol/errors";
import { type CrashWorld } from "./crash-world.ts";

/** What an agent calls that lasts. */
const CALLS = {
  engine: ["observe", "provideImage", "create", "start", "resize", "stop", "remove", "removeLease"],
  chain: ["snapshot", "confirmStart", "confirmUpdate", "declineUpdate"],
  gateway: ["openDoors"],
  store: ["save", "change"],
} as const;

/** Where something happens: at the n-th call from now (from 1), before it or after it had its effect. */
export interface Moment {
  readonly at: number;
  readonly side: "before" | "after";
}

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Lets something happen to the world around an agent, which lives on. The answer of an engine that went away in a call is
 * lost.
 *
 * @returns How many calls there were since.
 */
export function interruptAt(world: CrashWorld, { at, side }: Moment, act: () => void): () => number {
  let calls = 0;
  for (const [port, names] of Object.entries(CALLS))
    for (const name of names) {
      const target = world[port as keyof typeof CALLS] as unknown as Record<string, Call>;
      const call = target[name]?.bind(target);
      if (call === undefined) throw new Error(`${port} has no ${name}`);
      target[name] = async (...args) => {
        const isIt = (calls += 1) === at;
        if (isIt && side === "before") act();
        const result = await call(...args);
        if (isIt && side === "after") act();
        if (isIt && port === "engine" && world.engine.isDown)
          throw new ProtocolError("ENGINE_UNREACHABLE", "The Docker Engine does not answer.");
        return result;
      };
    }
  return () => calls;
}
