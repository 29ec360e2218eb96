import { createSocket, type Socket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { type DeploymentJson } from "../../scripts/lib/deployment-json.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { ensureNodeImage, NODE_IMAGE } from "../support/node-image.ts";
import { until } from "../support/until.ts";
import { sharedWorld, stopSharedWorld, untilGone, type World } from "../support/world.ts";

after(stopSharedWorld);

/** Answers each datagram with its sender's port and what it said. */
const ECHO = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (payload, { port, address }) => socket.send(port + " " + payload, port, address));
socket.bind(27015);
`;

describe("a service that speaks UDP", function () {
  this.timeout(180_000);
  let world: World;
  let deployment: DeploymentJson;
  let isOpen = false;
  const callers: Caller[] = [];
  before(async function () {
    world = await sharedWorld(this);
    await ensureNodeImage(world.network.docker);
    deployment = await world.tenant.deploy(await gameManifest());
    isOpen = true;
  });
  after(async () => {
    for (const { socket } of callers) socket.close();
    if (isOpen) await world.tenant.close(deployment.lid);
  });

  it("has a public UDP port beside its TCP port", () => {
    const doors = deployment.endpoints.map(({ port, protocol }) => `${port}/${protocol}`);
    expect(doors.sort()).to.deep.equal(["27015/udp", "27016/tcp"]);
    expect(udpDoor().url).to.equal(`udp://127.0.0.1:${udpDoor().publicPort}`);
  });

  it("answers every player, each of whom is a sender of its own to it", async () => {
    const players = await Promise.all(Array.from({ length: 5 }, call));
    // A container runs before its program listens, and what comes meanwhile is lost.
    await until(() => {
      for (const [index, { socket, heard }] of players.entries())
        if (heard.length === 0) socket.send(`player ${index}`, udpDoor().publicPort);
      return Promise.resolve(players.every(({ heard }) => heard.length > 0));
    }, "all are answered");
    const answers = players.map(({ heard }) => heard[0] ?? "");
    for (const [index, answer] of answers.entries()) expect(answer).to.match(new RegExp(` player ${index}$`));
    expect(new Set(answers.map((answer) => answer.split(" ")[0])).size).to.equal(5);
  });

  it("answers again on the same port after the gateway, and after the node, was restarted", async () => {
    for (const restart of ["restartGateway", "restartNode"] as const) {
      await world.network[restart]();
      const { socket, heard } = await call();
      await until(() => {
        socket.send("hello", udpDoor().publicPort);
        return Promise.resolve(heard.length > 0);
      }, `it answers after ${restart}`);
    }
  });

  it("answers nobody any more once the lease is closed", async () => {
    const { leaseHash } = await world.leaseOf(deployment.lid);
    const { publicPort } = udpDoor();
    await world.tenant.close(deployment.lid);
    isOpen = false;
    await untilGone(world, leaseHash);
    const { socket, heard } = await call();
    await until(() => portIsFree(publicPort), "the public port is closed");
    socket.send("hello", publicPort);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(heard).to.deep.equal([]);
  });

  const udpDoor = (): DeploymentJson["endpoints"][number] => {
    const door = deployment.endpoints.find(({ protocol }) => protocol === "udp");
    if (door === undefined) throw new Error("no UDP door");
    return door;
  };

  interface Caller {
    readonly socket: Socket;
    readonly heard: string[];
  }

  async function call(): Promise<Caller> {
    const socket = createSocket("udp4");
    const heard: string[] = [];
    socket.on("message", (payload) => heard.push(payload.toString()));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    callers.push({ socket, heard });
    return { socket, heard };
  }
});

/** examples/game-server.yaml, with a server that fits on a small machine. */
async function gameManifest(): Promise<string> {
  const text = await readFile(inRoot("examples/game-server.yaml"), "utf8");
  return text
    .replace(/image: .*/, `image: ${NODE_IMAGE}\n    args: [-e, ${JSON.stringify(ECHO)}]`)
    .replace(/units: .*/, "units: 0.2")
    .replace("size: 4Gi", "size: 128Mi")
    .replace("size: 15Gi", "size: 64Mi")
    .replace(/ {6}attributes:\n {8}region: .*\n {8}bandwidth: .*\n/, "");
}

async function portIsFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return await new Promise((resolve) => {
    socket.once("error", () => {
      resolve(false);
    });
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}
