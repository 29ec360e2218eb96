/**
 * A tenant's `fizz connect` as a process of its own: `node client-process.ts <gateway multiaddr> <node's peer id>`.
 * Answers `fresh` after it has taken a session of its own, `exchange <bytes>` after an echo through the local port,
 * `direct` with the first path that it finds, and `path` with the next change.
 */
import { randomBytes } from "node:crypto";
import { generatePrivateKey } from "viem/accounts";
import { PortForward } from "../../../cli/src/connect/port-forward.ts";
import { type PathChange } from "../../../cli/src/session/direct-path.ts";
import { exchange } from "../../relayer/support/tunnel-node.ts";
import { openConnectSession, TARGET } from "./parts.ts";
import { answerLines, say } from "./say.ts";

const [gateway = "", peerId = ""] = process.argv.slice(2);
const troubles: string[] = [];
const changes: PathChange[] = [];
let wake = (): void => undefined;
let session = await openConnectSession(gateway, peerId);
const local = new PortForward({
  host: "127.0.0.1",
  port: 0,
  open: (signal) => session.connect(TARGET, signal),
  onTrouble: ({ code }) => troubles.push(code),
});
const port = await local.start();

/** Another key, so that the node's limits of one client do not matter. */
async function startAnew(): Promise<unknown> {
  await session.stop();
  session = await openConnectSession(gateway, peerId, {
    sessionKey: generatePrivateKey(),
    directRule: "private",
  });
  changes.length = 0;
  return {};
}

function goDirect(): void {
  void session.goDirect((change) => {
    changes.push(change);
    wake();
  });
}

async function nextChange(): Promise<unknown> {
  while (changes.length === 0)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  const { path, reason, meetMs } = changes.shift() ?? { path: "gateway" };
  return { path, meetMs, code: reason?.code };
}

async function exchangeBytes(size: number): Promise<unknown> {
  const body = randomBytes(size);
  const from = performance.now();
  const isSame = (await exchange(port, body)).equals(body);
  return { isSame, ms: performance.now() - from, troubles: troubles.splice(0) };
}

say({ port });
await answerLines(async (line) => {
  const [word, size] = line.split(" ");
  if (word === "fresh") return await startAnew();
  if (word === "exchange") return await exchangeBytes(Number(size));
  if (word === "direct") goDirect();
  return await nextChange();
});
