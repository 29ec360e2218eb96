import { createSocket } from "node:dgram";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  decodeRequest,
  FAILED,
  FrameReader,
  frameOf,
  MADE,
  MAX_DATAGRAM_BACKLOG,
  MAX_REQUEST,
  REACH_TIMEOUT_MS,
  type ReachRequest,
} from "./reach-wire.ts";

/** Requests at once: each is over when its connection is made. */
const MAX_REQUESTS = 1_024;
/** Of the socket: nobody but the account of the agent may ask. */
const SOCKET_UMASK = 0o177;

/** Where something listens. */
type Place = ReachRequest["to"];

/**
 * Makes connections to containers for an agent that cannot reach them: dials the container, then the agent, and joins
 * the two. It lives in the machine's network, may do nothing else there, and listens on a socket of the file system only.
 *
 * @param path Of the socket; one that a crash left behind is replaced.
 */
export async function serveReach(path: string): Promise<Server> {
  await rm(path, { force: true });
  const server = createServer((control) => {
    // One that hangs up has nothing to be told any more.
    control.on("error", () => undefined);
    void answer(control);
  });
  server.maxConnections = MAX_REQUESTS;
  const umask = process.umask(SOCKET_UMASK);
  try {
    server.listen(path);
    await once(server, "listening");
  } finally {
    process.umask(umask);
  }
  return server;
}

async function answer(control: Socket): Promise<void> {
  const timer = setTimeout(() => control.destroy(), 3 * REACH_TIMEOUT_MS);
  try {
    const request = await readRequest(control);
    await (request.transport === "tcp" ? joinTcp(request) : joinUdp(request));
    control.end(MADE);
  } catch {
    control.end(FAILED);
  } finally {
    control.once("close", () => {
      clearTimeout(timer);
    });
  }
}

async function readRequest(control: Socket): Promise<ReachRequest> {
  let text = "";
  for await (const chunk of control.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes("\n") || text.length > MAX_REQUEST) break;
  }
  const request = decodeRequest(text.slice(0, text.indexOf("\n")));
  if (request === undefined) throw new ProtocolError("INPUT_INVALID", "That is no request.");
  return request;
}

async function joinTcp({ to, back, token }: ReachRequest): Promise<void> {
  const target = await dial(to);
  const agent = await dialAgent(back, token).catch((error: unknown) => {
    target.destroy();
    throw error;
  });
  join(target, agent);
  join(agent, target);
}

/** What ends there ends here, in the same way: halves on their own, a reset as a reset. */
function join(from: Socket, to: Socket): void {
  from.on("close", (hadError) => {
    const isWhole = !hadError && from.readableEnded && from.writableFinished;
    if (!isWhole && !to.destroyed) to.resetAndDestroy();
  });
  from.pipe(to);
}

async function joinUdp({ to, back, token }: ReachRequest): Promise<void> {
  const socket = createSocket("udp4");
  // While nothing listens in the container, the system says so here; it may come.
  socket.on("error", () => undefined);
  try {
    socket.connect(to.port, to.host);
    await once(socket, "connect", { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    const agent = await dialAgent(back, token);
    const frames = new FrameReader();
    agent.on("data", (chunk: Buffer) => {
      for (const payload of frames.read(chunk)) socket.send(payload, () => undefined);
    });
    agent.on("end", () => agent.destroy());
    agent.on("close", () => socket.close());
    socket.on("message", (payload) => {
      if (agent.writableLength < MAX_DATAGRAM_BACKLOG) agent.write(frameOf(payload));
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function dialAgent(back: Place, token: string): Promise<Socket> {
  const socket = await dial(back);
  socket.write(token);
  return socket;
}

/** A connection that hears of errors by its end. */
async function dial({ host, port }: Place): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
  } catch (error) {
    socket.on("error", () => undefined);
    socket.destroy();
    throw error;
  }
  socket.on("error", () => undefined);
  return socket;
}
