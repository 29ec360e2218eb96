import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type Lookup, RegistryGuard } from "../../../node-agent/src/leases/registry-guard.ts";
import { systemClock } from "../../../node-agent/src/system-clock.ts";
import { codeOf } from "../../support/code-of.ts";
import { containerSpec, storedLease } from "../support/builders.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeImages, fakeSupply, MemoryImages } from "../support/fake-images.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { MemoryStore } from "../support/memory-store.ts";

const TAKEN = "nothing was thrown";
const names: Readonly<Record<string, readonly string[]>> = {
  "registry.example": ["93.184.215.14"],
  "inside.example": ["93.184.215.14", "192.168.1.7"],
  "127.1": ["127.0.0.1"],
};
const lookup: Lookup = (name) => {
  const found = names[name];
  return found === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(found);
};

describe("RegistryGuard", () => {
  const ask = async (image: string, allowed: readonly string[] = []): Promise<string> => {
    const asked = new RegistryGuard(lookup, allowed).require(image).then(() => {
      throw new ProtocolError("USAGE", TAKEN);
    });
    const code = await codeOf(asked);
    return code === "USAGE" ? TAKEN : String(code);
  };

  it("takes registries of the public internet, and leaves names that are not found to the engine", async () => {
    for (const image of ["img", "fizz/img:1", "registry.example/img", "registry.example:5000/img"])
      expect(await ask(image), image).to.equal(TAKEN);
    for (const image of ["1.1.1.1:5000/img", "nowhere.example/img"])
      expect(await ask(image), image).to.equal(TAKEN);
  });

  it("refuses what is in the owner's network, by address, by name, and by what a name leads to", async () => {
    for (const host of [
      ...["10.0.0.5:5000", "127.0.0.1:5000", "169.254.169.254", "192.168.1.1", "172.16.0.1:80", "127.1:5000"],
      ...["[::1]:5000", "[fe80::1]:5000", "[fd00::1]", "localhost:5000", "localhost", "router:5000"],
      ...["router.local", "NAS.Local:5000", "metadata.google.internal", "a.localhost:1", "inside.example"],
    ])
      expect(await ask(`${host}/img:1`), host).to.equal("IMAGE_PULL_FAILED");
  });

  it("takes what the owner allows, with its port or for any of them", async () => {
    expect(await ask("10.0.0.5:5000/img", ["10.0.0.5:5000"])).to.equal(TAKEN);
    expect(await ask("10.0.0.5:5001/img", ["10.0.0.5:5000"])).to.equal("IMAGE_PULL_FAILED");
    expect(await ask("10.0.0.5:5001/img", ["10.0.0.5"])).to.equal(TAKEN);
    expect(await ask("Router.local/img", ["router.local"])).to.equal(TAKEN);
  });

  it("does not wait for ever for a name's addresses, nor takes one whose addresses it was not told", async () => {
    const silent: Lookup = () => new Promise(() => undefined);
    const error = await new RegistryGuard(silent, [], 1)
      .require("registry.example/img")
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProtocolError).and.include({ code: "IMAGE_PULL_FAILED", retryable: true });
    // Nobody is asked about those.
    for (const image of ["img", "10.0.0.5/img"])
      await new RegistryGuard(silent, ["10.0.0.5"], 1).require(image);
  });

  it("is asked before the engine dials anything", async () => {
    const machine = new FakeMachine();
    machine.hasAllImages = true;
    const engine = new FakeEngine(machine, "node");
    const store = new MemoryStore();
    await store.save(storedLease());
    const parts = {
      engine,
      images: new FakeImages(machine),
      book: new MemoryImages(),
      store,
      clock: systemClock,
    };
    const registries = new RegistryGuard(lookup, []);
    const spec = containerSpec({ image: "10.0.0.5:5000/img:1", pullPolicy: "Always" });
    const quiet = { onProgress: () => undefined, signal: new AbortController().signal };
    expect(await codeOf(fakeSupply({ ...parts, registries }).provide(spec, quiet))).to.equal(
      "IMAGE_PULL_FAILED",
    );
    expect(engine.calls).to.deep.equal([]);
    const allowed = new RegistryGuard(lookup, ["10.0.0.5"]);
    await fakeSupply({ ...parts, registries: allowed }).provide(spec, quiet);
  });
});
