import type Docker from "dockerode";
import { expect } from "chai";
import { SANDBOX_IMAGE, sandboxContent } from "../../../node-agent/src/containers/sandbox-image.ts";
import { Sandboxes } from "../../../node-agent/src/containers/sandboxes.ts";
import { containerSpec } from "../support/builders.ts";

const INIT = { image: SANDBOX_IMAGE, egressKbit: 0, blocked: [], allowed: [] };
const never = new AbortController().signal;

describe("Sandboxes", () => {
  it("look at the machine while the container is made, once, and do not wait for it", async () => {
    const { sandboxes, made } = await setup();
    expect(await sandboxes.ensure(containerSpec(), "d1", never)).to.equal("s1");
    expect(await sandboxes.ensure(containerSpec({ replica: 1 }), "d2", never)).to.equal("s1");
    const probes = made.filter((name) => name.startsWith("fizz-probe-"));
    expect(probes).to.have.length(1);
    expect(made).to.have.length(3);
  });
});

/** An engine whose probe never ends. */
async function setup() {
  const content = await sandboxContent();
  const made: string[] = [];
  const docker = {
    getImage: () => ({ inspect: () => Promise.resolve({ Config: { Labels: { "fizz.content": content } } }) }),
    getContainer: () => ({ remove: () => Promise.resolve() }),
    createContainer: ({ name }: { readonly name: string }) => {
      made.push(name);
      const isProbe = name.startsWith("fizz-probe-");
      return isProbe ? new Promise<never>(() => undefined) : Promise.resolve({ id: "s1" });
    },
  };
  const owner = { node: "0xnode", labels: {} };
  return { made, sandboxes: new Sandboxes(docker as unknown as Docker, owner, INIT) };
}
