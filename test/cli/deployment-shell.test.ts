import { PassThrough } from "node:stream";
import { expect } from "chai";
import { eventually } from "../relayer/support/builders.ts";
import { NetworkSuite } from "./support/network-suite.ts";

const SCREEN = { columns: 101, rows: 31 };

/** Keys of somebody who sits at a terminal. */
class Keyboard extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];

  setRawMode(on: boolean): this {
    this.modes.push(on);
    return this;
  }
}

describe("fizz deployment shell", function () {
  this.timeout(60_000);
  const suite = NetworkSuite.use();
  const script = (text: string): string[] => ["--", "/bin/sh", "-c", text];

  it("runs a program, keeps its outputs apart, and ends with its exit code", async () => {
    const lid = await suite.createLease();
    const command = ["deployment", "shell", "web", "--lid", lid];
    const result = await suite.run([...command, ...script("echo out; echo err >&2; exit 3")]);
    expect([result.code, result.stdout], result.stderr).to.deep.equal([3, "out\n"]);
    expect(result.stderr).to.match(/(^|\n)err\n$/);
    const fine = await suite.run([...command, ...script("echo fine; exit 0")]);
    expect([fine.code, fine.stdout]).to.deep.equal([0, "fine\n"]);
  });

  it("passes standard input on when it is told to, and finds the only service by itself", async () => {
    const lid = await suite.createLease();
    const cat = ["deployment", "shell", "--lid", lid, "--stdin"];
    const text = "a line\n".repeat(30_000);
    const result = await suite.run([...cat, "web", "--", "/bin/cat"], { stdin: text });
    expect([result.code, result.stdout.length], result.stderr).to.deep.equal([0, text.length]);
    expect(result.stdout).to.equal(text);
    // Without --stdin the program sees an empty input, whatever is piped in.
    const without = ["deployment", "shell", "web", "--lid", lid, "--", "/bin/cat"];
    expect((await suite.run(without, { stdin: text })).stdout).to.equal("");
    const shell = ["deployment", "shell", "--lid", lid, "-i"];
    expect((await suite.run(shell, { stdin: "" })).code).to.equal(0);
  });

  it("gives somebody at a terminal one in the container, keys as they are pressed, and gives it back", async () => {
    const lid = await suite.createLease();
    const keyboard = new Keyboard();
    let seen = "";
    const running = suite.run(["deployment", "shell", "web", "--lid", lid, "--stdin", "--", "/bin/cat"], {
      stdin: keyboard,
      screen: SCREEN,
      onStdout: (text) => {
        seen += text;
      },
    });
    await eventually(() => keyboard.modes.length === 1);
    // Ctrl-C is a key for the program, no end of this command.
    keyboard.write("\u0003one");
    await eventually(() => seen === "\u0003one");
    keyboard.end();
    const result = await running;
    expect([result.code, keyboard.modes], result.stderr).to.deep.equal([0, [true, false]]);
  });

  it("leaves at an interrupt, with the terminal as it was", async () => {
    const lid = await suite.createLease();
    const keyboard = new Keyboard();
    const interrupt = new AbortController();
    const running = suite.run(["deployment", "shell", "web", "--lid", lid, "--stdin", "--", "/bin/cat"], {
      stdin: keyboard,
      screen: SCREEN,
      signal: interrupt.signal,
    });
    await eventually(() => keyboard.modes.length === 1);
    interrupt.abort();
    expect((await running).code).to.equal(130);
    expect(keyboard.modes).to.deep.equal([true, false]);
  });

  it("says that a program is not there, as a shell does", async () => {
    const lid = await suite.createLease();
    const result = await suite.run(["deployment", "shell", "web", "--lid", lid, "--", "/no/such"]);
    expect(result.code).to.equal(127);
  });

  it("refuses what nobody could use, and a lease that is over or another's", async () => {
    const lid = await suite.createLease();
    const nobody = await suite.run(["deployment", "shell", "web", "--lid", lid]);
    expect(nobody.code, nobody.stderr).to.equal(2);
    expect(nobody.stderr).to.contain("Nobody sits here");
    const { privateKey } = suite.network.stranger;
    const strange = await suite.run(["deployment", "shell", "web", "--lid", lid, "--", "ls"], {
      env: { FIZZ_PRIVATE_KEY: privateKey },
    });
    expect(strange.code, strange.stderr).to.equal(6);
    await suite.run(["deployment", "close", "--lid", lid, "--yes"]);
    const closed = await suite.run(["deployment", "shell", "web", "--lid", lid, "--", "ls"]);
    expect(closed.code, closed.stderr).to.equal(6);
    expect(closed.stderr).to.contain("is closed");
  });
});
