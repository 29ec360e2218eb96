import { ProtocolError } from "../errors/index.ts";

/** Shortest password that a key is given, in characters. */
const MIN_PASSWORD_LENGTH = 8;
const INTERRUPT = "\u0003";
const BACKSPACES = new Set(["\u0008", "\u007f"]);
const ENDS = new Set(["\r", "\n", "\u0004"]);

interface KeySource extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

/** Where somebody may sit: keys come from one side, questions go to the other. */
export interface SecretTerminal {
  readonly stdin: KeySource;
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
}

/** Whether a question can be asked and answered. */
export function isInteractive({ stdin, stderr }: SecretTerminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks for a secret without showing it. @throws ProtocolError USAGE where nobody can answer; WALLET_REJECTED after Ctrl-C */
export async function askSecret(terminal: SecretTerminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal;
  if (!isInteractive(terminal) || stdin.setRawMode === undefined)
    throw new ProtocolError("USAGE", `${question}: nobody can be asked here.`);
  stderr.write(`${question}: `);
  stdin.setRawMode(true);
  try {
    return await readHidden(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

/**
 * Asks twice for the password that a key is to have.
 *
 * @throws ProtocolError USAGE when it is too short or typed differently
 */
export async function askNewPassword(
  ask: (question: string) => Promise<string>,
  what: string,
): Promise<string> {
  const first = await ask(`New password of ${what}`);
  if ((await ask("The same again")) !== first) throw new ProtocolError("USAGE", "The two passwords differ.");
  return requireLongPassword(first);
}

/** @throws ProtocolError USAGE when it is too short for a new key */
export function requireLongPassword(password: string): string {
  if (password.length >= MIN_PASSWORD_LENGTH) return password;
  throw new ProtocolError("USAGE", `A password has at least ${MIN_PASSWORD_LENGTH} characters.`);
}

async function readHidden(stdin: KeySource): Promise<string> {
  stdin.resume();
  return await new Promise<string>((resolve, reject) => {
    let typed = "";
    const finish = (settle: () => void): void => {
      stdin.removeListener("data", onData);
      settle();
    };
    const onData = (chunk: Buffer | string): void => {
      for (const key of chunk.toString()) {
        if (key === INTERRUPT) {
          finish(() => {
            reject(new ProtocolError("WALLET_REJECTED", "The password was not given."));
          });
          return;
        }
        if (ENDS.has(key)) {
          finish(() => {
            resolve(typed);
          });
          return;
        }
        typed = BACKSPACES.has(key) ? typed.slice(0, -1) : typed + key;
      }
    };
    stdin.on("data", onData);
  });
}
