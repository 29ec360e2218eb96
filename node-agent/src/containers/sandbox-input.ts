import { Duplex } from "node:stream";
import { type ExecOutput } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { type ContainerInspectInfo } from "dockerode";
import { callEngine } from "./call-engine.ts";
import { readApart, startExec } from "./exec.ts";
import { LABEL } from "./labels.ts";

/** What node-agent/sandbox/sandbox.sh says when the rules are set. */
const READY = /\nready\n/;
/** Time for the rules to be set, in milliseconds. */
const RULES_TIMEOUT_MS = 30_000;
/** What is told of an error of the tools that set the rules. */
const MAX_TOLD = 500;

export interface RulesToSet {
  /** For `nft -f`. */
  readonly rules: string;
  /** Most that is sent, in kbit/s; 0 for no limit. */
  readonly kbit: number;
}

/** The input of a sandbox that is about to start. */
export interface SandboxInput {
  /** To be called once it has started. @throws ProtocolError ENGINE_FAILED, TIMEOUT */
  setRules(set: RulesToSet): Promise<void>;
  close(): void;
}

/** Whether the first process of a sandbox waits for rules when it starts. One that an older agent made does not. */
export function takesRules({ State: state, Config: config }: ContainerInspectInfo): boolean {
  return !state.Running && config.OpenStdin && config.Labels[LABEL.input] === "rules";
}

/** Joins the input of a sandbox before it starts: its first process sets the rules, without a program of its own for them. */
export async function attachInput(sandbox: Docker.Container, signal: AbortSignal): Promise<SandboxInput> {
  const options = { hijack: true, stream: true, stdin: true, stdout: true, stderr: true };
  const socket = await callEngine("Joining a sandbox", () =>
    sandbox.attach({ ...options, abortSignal: signal }),
  );
  if (!(socket instanceof Duplex)) throw new ProtocolError("ENGINE_FAILED", "A sandbox has no input.");
  // Who reads learns of it.
  socket.on("error", () => undefined);
  return {
    setRules: async ({ rules, kbit }) => {
      const over = AbortSignal.any([signal, AbortSignal.timeout(RULES_TIMEOUT_MS)]);
      const onAbort = (): void => {
        socket.destroy();
      };
      over.addEventListener("abort", onAbort, { once: true });
      try {
        socket.end(`${kbit}\n${rules}`);
        const told = await read(readApart(socket), (text) => READY.test(text));
        if (!READY.test(told)) throw over.aborted ? tooLate() : notSet(told);
      } catch (error) {
        throw over.aborted ? tooLate() : error;
      } finally {
        over.removeEventListener("abort", onAbort);
      }
    },
    close: () => {
      socket.destroy();
    },
  };
}

/** Sets the rules of a sandbox that runs. @throws ProtocolError as startExec, ENGINE_FAILED */
export async function setRules(
  sandbox: Docker.Container,
  { rules, kbit }: RulesToSet,
  signal: AbortSignal,
): Promise<void> {
  const command = ["/bin/sh", "/rules.sh", rules, kbit.toString()];
  const session = await startExec(sandbox, { command, terminal: null }, signal);
  const told = await read(session.output, () => false);
  const code = await session.exitCode();
  session.close();
  if (code !== 0) throw notSet(`code ${code ?? "unknown"}, ${told.trim()}`);
}

/** The last of what a program says, after a line's end, until it ends or has said enough. */
async function read(output: AsyncIterable<ExecOutput>, isEnough: (told: string) => boolean): Promise<string> {
  let told = "\n";
  for await (const { bytes } of output) {
    told = (told + Buffer.from(bytes).toString()).slice(-MAX_TOLD);
    if (isEnough(told)) break;
  }
  return told;
}

function notSet(told: string): ProtocolError {
  return new ProtocolError("ENGINE_FAILED", `The rules of a sandbox cannot be set: ${told.trim()}`);
}

function tooLate(): ProtocolError {
  return new ProtocolError("TIMEOUT", "The rules of a sandbox were not set in time.");
}
