import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import type Dockerode from "dockerode";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import {
  canonicalReference,
  pullReferenceOf,
  registryAuthOf,
  registryOf,
  withDigest,
} from "../../../node-agent/src/domain/image-reference.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { hasRegistry, pushImage, startRegistry } from "../../support/registry.ts";
import { containerSpec } from "../support/builders.ts";

const signal = (): AbortSignal => AbortSignal.timeout(60_000);

describe("image references", () => {
  const rows = [
    { image: "postgres", pull: "postgres:latest", registry: "docker.io" },
    { image: "acme/api:5", pull: "acme/api:5", registry: "docker.io" },
    { image: "docker.io/acme/api:5", pull: "docker.io/acme/api:5", registry: "docker.io" },
    { image: "localhost:5000/api", pull: "localhost:5000/api:latest", registry: "localhost:5000" },
    { image: "ghcr.io/a/b:1", pull: "ghcr.io/a/b:1", registry: "ghcr.io" },
    {
      image: `ghcr.io/a/b:1@sha256:${"a".repeat(64)}`,
      pull: `ghcr.io/a/b@sha256:${"a".repeat(64)}`,
      registry: "ghcr.io",
    },
  ];
  for (const { image, pull, registry } of rows)
    it(`pulls ${image.slice(0, 30)} as ${pull.slice(0, 30)} from ${registry}`, () => {
      expect(pullReferenceOf(image)).to.equal(pull);
      expect(registryOf(image)).to.equal(registry);
    });

  const names = {
    postgres: "docker.io/library/postgres:latest",
    "index.docker.io/postgres:1": "docker.io/library/postgres:1",
    "acme/api:5": "docker.io/acme/api:5",
    "localhost:5000/api": "localhost:5000/api:latest",
    [`sha256:${"a".repeat(64)}`]: `docker.io/library/sha256:${"a".repeat(64)}`,
    deadbeef: "docker.io/library/deadbeef:latest",
  };
  for (const [image, name] of Object.entries(names))
    it(`names ${image.slice(0, 30)} ${name.slice(0, 40)}`, () => {
      expect(canonicalReference(image)).to.equal(name);
      expect(canonicalReference(name)).to.equal(name);
    });

  it("names the same repository by digest", () => {
    expect(withDigest("localhost:5000/api:1", "sha256:ab")).to.equal("localhost:5000/api@sha256:ab");
    expect(withDigest("localhost:5000/api@sha256:cd", "sha256:ab")).to.equal("localhost:5000/api@sha256:ab");
  });

  it("gives credentials to their own registry only", () => {
    const credentials = { registry: "https://GHCR.io/", email: null, username: "u", password: "p" };
    const of = (image: string) => registryAuthOf(containerSpec({ image, credentials }))?.serveraddress;
    expect(of("ghcr.io/a/b:1")).to.equal("ghcr.io");
    expect(of("evil.example/a/b:1")).to.equal(undefined);
    expect(of("acme/api:5")).to.equal(undefined);
  });
});

describe("pulling from a real registry", function () {
  this.timeout(120_000);
  let docker: Dockerode;
  let engine: DockerEngine;
  const cleanup = new Cleanup();
  let host = "";
  const pulled: string[] = [];

  before(async function () {
    if (!hasRegistry()) this.skip();
    const found = await requireDocker(this);
    docker = found.client;
    engine = testNode(found);
    host = await startRegistry(cleanup);
    await pushImage(docker, { from: "fizz/hello:1.0.0", to: `${host}/fizz/hello:1` });
  });

  after(async () => {
    for (const image of pulled)
      await docker
        .getImage(image)
        .remove()
        .catch(() => undefined);
    await cleanup.stop();
  });

  it("gets an image that is not there, and takes it from the machine the next time", async () => {
    const image = `${host}/fizz/hello:1`;
    pulled.push(image);
    await pull(image, "IfNotPresent");
    await pull(image, "Never");
  });

  it("asks the registry again when it always must", async () => {
    const image = `${host}/fizz/hello:1`;
    await pull(image, "Always");
  });

  it("says for good that a tag, or a repository, does not exist", async () => {
    expect(await failure(`${host}/fizz/hello:none`)).to.deep.equal(["IMAGE_PULL_FAILED", false]);
    expect(await failure(`${host}/fizz/none:1`)).to.deep.equal(["IMAGE_PULL_FAILED", false]);
  });

  it("tries again later when nobody answers at the registry", async () => {
    expect(await failure(`127.0.0.1:${await freePort()}/fizz/hello:1`)).to.deep.equal([
      "IMAGE_PULL_FAILED",
      true,
    ]);
  });

  it("gives up a pull that hangs when it is told to", async () => {
    const server: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const spec = containerSpec({ image: `127.0.0.1:${port}/fizz/hello:1`, pullPolicy: "Always" });
    const began = Date.now();
    const outcome = await outcomeOf(engine.provideImage(spec, () => undefined, AbortSignal.timeout(1_000)));
    server.close();
    expect(outcome[0]).to.equal("TIMEOUT");
    expect(Date.now() - began).to.be.lessThan(10_000);
  });

  async function pull(image: string, pullPolicy: "Always" | "IfNotPresent" | "Never"): Promise<void> {
    await engine.provideImage(containerSpec({ image, pullPolicy }), () => undefined, signal());
  }
  async function failure(image: string): Promise<unknown[]> {
    const spec = containerSpec({ image, env: [randomBytes(2).toString("hex")] });
    return await outcomeOf(engine.provideImage(spec, () => undefined, signal()));
  }
  async function outcomeOf(promise: Promise<unknown>): Promise<unknown[]> {
    try {
      await promise;
    } catch (error) {
      return error instanceof ProtocolError ? [error.code, error.retryable] : [error];
    }
    return [];
  }
});
