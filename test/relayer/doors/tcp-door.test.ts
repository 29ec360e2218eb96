import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { expect } from "chai";
import { TcpDoor } from "../../../relayer/src/doors/tcp-door.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { until } from "../../support/until.ts";

const ESTABLISHED = "01";
const KEEP_ALIVE = "02";

describe("TcpDoor", () => {
  it("has the system ask callers that stay whether they are there, and not those that are over at once", async () => {
    const { door, port, served } = await openDoor(100);
    const stays = connect(port, "127.0.0.1");
    const leaves = connect(port, "127.0.0.1");
    await Promise.all([once(stays, "connect"), once(leaves, "connect")]);
    await until(() => Promise.resolve(served.length === 2), "both are served");
    expect(
      served.map(({ timers }) => timers),
      "at first nobody is asked",
    ).to.deep.equal([["00"], ["00"]]);
    for (const { socket } of served) socket.resume();
    leaves.end();
    await until(() => Promise.resolve(timersOf(port).join() === KEEP_ALIVE), "who stays is asked");
    stays.destroy();
    await door.stop();
  });

  it("closes who is inside when it stops, and asks nobody after it", async () => {
    const { door, port } = await openDoor(1);
    const caller = connect(port, "127.0.0.1").resume();
    await once(caller, "close");
    await door.stop();
    expect(timersOf(port)).to.deep.equal([]);
  });

  async function openDoor(askLaterMs: number) {
    const port = await freePort();
    const served: { readonly socket: Socket; readonly timers: readonly string[] }[] = [];
    const door = new TcpDoor(
      { host: "127.0.0.1", port },
      {
        serve: (socket) => {
          if (askLaterMs === 1) void door.stop();
          served.push({ socket, timers: timersOf(port, socket.remotePort) });
        },
        maxConnections: 10,
        onRefused: () => undefined,
        askLaterMs,
      },
    );
    await door.start();
    return { door, port, served };
  }
});

/**
 * Timers of the connections that a port has accepted: "00" for none, "02" for that of silence. proc(5), net/tcp.
 *
 * @param callerPort Of one of them.
 */
function timersOf(port: number, callerPort?: number): string[] {
  const at = (one: number): string => `0100007F:${one.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote, state]) => {
      const isIts = callerPort === undefined || remote === at(callerPort);
      return local === at(port) && isIts && state === ESTABLISHED;
    })
    .map((fields) => fields[5]?.slice(0, 2) ?? "");
}
