import { expect } from "chai";
import { freePort } from "../../scripts/lib/free-port.ts";
import { waitForHttp } from "../../scripts/lib/wait-for-http.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

describe("fizz connect to a running deployment", function () {
  this.timeout(180_000);
  let world: World;
  before(async function () {
    world = await sharedWorld(this);
  });

  it("reaches the service without its public door", async () => {
    const { tenant } = world;
    const { lid } = await tenant.deploy(await helloManifest());
    const port = await freePort();
    const interrupt = new AbortController();
    const args = ["connect", "--lid", String(lid), "-o", "json", `${port}:8080`];
    const connected = tenant.cli.run(args, interrupt.signal).catch(() => undefined);
    try {
      const { status, text } = await waitForHttp(`http://127.0.0.1:${port}/`);
      expect([status, text.includes("Hello from Fizz")]).to.deep.equal([200, true]);
    } finally {
      interrupt.abort();
      await connected;
      await tenant.close(lid);
    }
  });
});
