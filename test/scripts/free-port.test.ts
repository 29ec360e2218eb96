import { createServer, type Server } from "node:net";
import { expect } from "chai";
import { freePort, freePortRange } from "../../scripts/lib/free-port.ts";

describe("free ports", () => {
  it("are the wished one when it is free, and another one when it is not", async () => {
    const wished = await freePort();
    expect(await freePort(wished)).to.equal(wished);
    const server = await listen(wished);
    expect(await freePort(wished)).to.not.equal(wished);
    server.close();
  });

  it("come in a row without one that is taken", async () => {
    const first = await freePortRange(10);
    expect(await freePortRange(10, first)).to.equal(first);
    const server = await listen(first + 4);
    const other = await freePortRange(10, first);
    expect(other > first + 4 || other + 9 < first + 4).to.equal(true);
    server.close();
  });
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "0.0.0.0", () => {
      resolve(server);
    });
  });
}
