import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { expect } from "chai";
import { listenTable } from "../../../node-agent/src/containers/listen-table.ts";

describe("listenTable", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it("reads the ports of a process's network from the kernel, and connects to none", async function () {
    const own = await readFile("/proc/self/cgroup", "utf8").catch(() => undefined);
    if (own === undefined) this.skip();
    let connections = 0;
    const server = createServer(() => {
      connections += 1;
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { readonly port: number };
    // As of a container whose id is the name of its control group.
    expect(await listenTable.read(process.pid, own.trim())).to.include(port);
    expect(connections).to.equal(0);
    server.close();
    expect(await listenTable.read(process.pid, own.trim())).to.not.include(port);
  });

  it("knows nothing by the number of a process that is another's, or is none", async () => {
    expect(await listenTable.read(process.pid, "f".repeat(64))).to.equal(undefined);
    expect(await listenTable.read(2 ** 22 + 1, "")).to.equal(undefined);
  });
});
