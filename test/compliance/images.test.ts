import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { DockerImages } from "../../node-agent/src/containers/docker-images.ts";
import { type Images } from "../../node-agent/src/image-ports.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { containerSpec } from "../node-agent/support/builders.ts";
import { FakeEngine } from "../node-agent/support/fake-engine.ts";
import { FakeMachine } from "../node-agent/support/fake-machine.ts";
import { FakeImages } from "../node-agent/support/fake-images.ts";
import { codeOf } from "../support/code-of.ts";
import { hasRegistry, pushImage, REGISTRY_USER, startRegistry } from "../support/registry.ts";
import { requireDocker, testNode } from "./engine-docker.ts";

const signal = (): AbortSignal => AbortSignal.timeout(30_000);

interface World {
  readonly images: Images;
  /** `host:port` of a registry that has `acme/app:1`, for REGISTRY_USER alone. */
  readonly host: string;
  readonly pull: (reference: string, credentials: Credentials) => Promise<unknown>;
}
type Credentials = ReturnType<typeof containerSpec>["credentials"];

describe("Images", () => {
  describe("in memory", () => {
    const machine = new FakeMachine();
    const engine = new FakeEngine(machine, "node");
    const host = "registry.test";
    const { password } = REGISTRY_USER;
    machine.registry.set(`${host}/acme/app:1`, { digest: `sha256:${"a".repeat(64)}`, password });
    testImages(() => ({
      ...{ host, images: new FakeImages(machine) },
      pull: async (image, credentials) => await engine.provideImage(containerSpec({ image, credentials })),
    }));
  });

  describe("Docker", function () {
    this.timeout(60_000);
    const cleanup = new Cleanup();
    let world: World | undefined;
    before(async function () {
      if (!hasRegistry()) this.skip();
      const docker = await requireDocker(this);
      const engine = testNode(docker);
      const host = await startRegistry(cleanup, { isPrivate: true });
      await pushImage(docker.client, {
        from: "fizz/hello:1.0.0",
        to: `${host}/acme/app:1`,
        auth: REGISTRY_USER,
      });
      world = {
        ...{ host, images: new DockerImages({ host: docker.host }) },
        pull: async (image, credentials) =>
          await engine.provideImage(containerSpec({ image, credentials }), () => undefined, signal()),
      };
    });
    after(async () => {
      await cleanup.stop();
    });
    testImages(() => {
      if (world === undefined) throw new Error("there is no engine");
      return world;
    });
  });
});

function testImages(of: () => World): void {
  const credentials = (): Credentials => ({ registry: of().host, email: null, ...REGISTRY_USER });
  const app = (tag: string): string => `${of().host}/acme/app${tag}`;

  it("finds what is there, by canonical name and by id, and nothing else", async () => {
    const { images } = of();
    const found = await images.find("docker.io/fizz/hello:1.0.0", signal());
    expect(found?.sizeBytes).to.be.greaterThan(0);
    expect(found?.ports).to.deep.equal(["8080/tcp"]);
    expect((await images.find(found?.id ?? "", signal()))?.id).to.equal(found?.id);
    expect(await images.find(`docker.io/library/${found?.id ?? ""}`, signal())).to.equal(undefined);
    expect(await images.find(app(":1"), signal())).to.equal(undefined);
  });

  it("asks the registry for a digest, and is refused for good without the password", async () => {
    const { images } = of();
    const digest = await images.resolve({ image: app(":1"), credentials: credentials() }, signal());
    expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
    const byDigest = { image: app(`@${digest}`), credentials: credentials() };
    expect(await images.resolve(byDigest, signal())).to.equal(digest);
    for (const image of [app(":1"), byDigest.image])
      expect(await refusal(images.resolve({ image, credentials: null }, signal()))).to.equal("final");
    expect(
      await refusal(images.resolve({ image: app(":2"), credentials: credentials() }, signal())),
    ).to.equal("final");
  });

  it("refuses without the password what is there already, lists it, and takes it away", async () => {
    const { images, pull } = of();
    const digest = await images.resolve({ image: app(":1"), credentials: credentials() }, signal());
    const reference = app(`@${digest}`);
    await pull(reference, credentials());
    expect(await refusal(images.resolve({ image: reference, credentials: null }, signal()))).to.equal(
      "final",
    );
    const listed = (await images.list(signal())).find(({ references }) => references.includes(reference));
    expect(listed?.sizeBytes).to.be.greaterThan(0);
    expect(await images.remove(reference, signal())).to.equal(true);
    expect(await images.remove(reference, signal())).to.equal(true);
    expect(await images.find(reference, signal())).to.equal(undefined);
    expect((await images.find("docker.io/fizz/hello:1.0.0", signal()))?.id).to.match(/^sha256:/);
  });
}

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  const outcome = promise.catch((error: unknown) => {
    expect(error).to.be.instanceOf(ProtocolError);
    expect((error as ProtocolError).retryable).to.equal(false);
    throw error;
  });
  expect(await codeOf(outcome)).to.equal("IMAGE_PULL_FAILED");
  return "final";
}
