import { expect } from "chai";
import { type ExecOutput } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import { type TerminalSize } from "@fizz/protocol/messages";
import { runShell } from "../../../web/src/features/deployment/run-shell.ts";
import { codeOf } from "../../support/code-of.ts";
import { until } from "../../support/until.ts";

const never = new AbortController().signal;

describe("runShell", () => {
  it("shows what the program writes, and gives its exit code", async () => {
    const { program, screen, shown } = setup(async function* () {
      yield await Promise.resolve({ stream: "stdout" as const, bytes: Buffer.from("hello") });
      return 7;
    });
    expect(await runShell(program, screen, never)).to.equal(7);
    expect(shown.join("")).to.equal("hello");
  });

  it("sends keys and sizes in their order, however slowly the node takes them, and stops listening at the end", async () => {
    const end = Promise.withResolvers<undefined>();
    const { program, screen, sent, type, resize, listeners, closed } = setup(async function* () {
      await end.promise;
      yield { stream: "stdout" as const, bytes: Buffer.from("bye") };
      return null;
    });
    const running = runShell(program, screen, never);
    type("a");
    resize({ columns: 100, rows: 30 });
    type("b");
    await until(() => Promise.resolve(sent.length === 3), "all is sent");
    expect(sent).to.deep.equal(["a", "100x30", "b"]);
    end.resolve(undefined);
    expect(await running).to.equal(null);
    expect([listeners.size, closed()]).to.deep.equal([0, true]);
  });

  it("tells what the node ended it with", async () => {
    const { program, screen, listeners } = setup(async function* () {
      yield await Promise.resolve({ stream: "stdout" as const, bytes: Buffer.from("$ ") });
      throw new ProtocolError("GRANT_REVOKED", "The tenant revoked it.");
    });
    expect(await codeOf(runShell(program, screen, never))).to.equal("GRANT_REVOKED");
    expect(listeners.size).to.equal(0);
  });

  function setup(output: () => AsyncGenerator<ExecOutput, number | null, void>) {
    const shown: string[] = [];
    const sent: string[] = [];
    const listeners = new Set<unknown>();
    let type: (text: string) => void = () => undefined;
    let resize: (size: TerminalSize) => void = () => undefined;
    let isClosed = false;
    const slowly = (text: string): Promise<void> =>
      new Promise((resolve) =>
        setTimeout(() => {
          sent.push(text);
          resolve();
        }, Math.random() * 10),
      );
    const program = {
      output,
      write: (bytes: Uint8Array) => slowly(Buffer.from(bytes).toString()),
      resize: ({ columns, rows }: TerminalSize) => slowly(`${columns}x${rows}`),
      close: () => {
        isClosed = true;
        return Promise.resolve();
      },
    };
    const listen = (listener: unknown): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const screen = {
      size: { columns: 80, rows: 24 },
      write: (bytes: Uint8Array) => {
        shown.push(Buffer.from(bytes).toString());
        return Promise.resolve();
      },
      onInput: (listener: (bytes: Uint8Array) => void) => {
        type = (text) => {
          listener(Buffer.from(text));
        };
        return listen(listener);
      },
      onResize: (listener: (size: TerminalSize) => void) => {
        resize = listener;
        return listen(listener);
      },
    };
    return {
      ...{ program, screen, shown, sent, listeners },
      type: (text: string) => {
        type(text);
      },
      resize: (size: TerminalSize) => {
        resize(size);
      },
      closed: () => isClosed,
    };
  }
});
