import { expect } from "chai";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { containerOptions } from "../../../node-agent/src/containers/container-options.ts";
import { canLimitDisk } from "../../../node-agent/src/containers/disk-quota.ts";
import { SANDBOX_IMAGE } from "../../../node-agent/src/containers/sandbox-image.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { specDigest } from "../../../node-agent/src/leases/spec-digest.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { requireDocker } from "../../compliance/engine-docker.ts";
import { containerSpec } from "../support/builders.ts";

const VOLUMES = [true, false].map((persistent) => ({
  ...{ name: persistent ? "kept" : "scratch", path: persistent ? "/kept" : "/scratch" },
  ...{ readOnly: false, persistent },
}));
const plain = containerSpec({ volumes: VOLUMES });
const limited = (storageBytes = plain.limits.storageBytes): ContainerSpec => ({
  ...plain,
  limits: { ...plain.limits, storageBytes, isDiskLimited: true },
});
const optionsOf = (spec: ContainerSpec) => {
  const place = { init: false, labels: {}, sandboxId: undefined, gpus: undefined };
  const { HostConfig: host } = containerOptions(spec, "d", place);
  return {
    disk: host?.StorageOpt,
    volumes: host?.Mounts?.map((one) => one.VolumeOptions?.DriverConfig.Options),
  };
};

describe("a limit of the file system", () => {
  it("holds the layer and the volumes that live as long, where it is wanted alone", () => {
    const size = plain.limits.storageBytes.toString();
    expect(optionsOf(limited())).to.deep.equal({ disk: { size }, volumes: [{}, { size }] });
    expect(optionsOf(plain)).to.deep.equal({ disk: undefined, volumes: [{}, {}] });
  });

  it("never changes on a container: more storage is another container, and without it none", () => {
    const more = plain.limits.storageBytes * 2n;
    expect(specDigest(limited())).to.not.equal(specDigest(limited(more)));
    expect(specDigest(limited())).to.not.equal(specDigest(plain));
    const grown = { ...plain, limits: { ...plain.limits, storageBytes: more } };
    expect(specDigest(plain)).to.equal(specDigest(grown));
  });

  it("is known by what the engine says to a container with one, of which nothing stays", async () => {
    const folder = await createTempDir("engine");
    const asked: string[] = [];
    let status = 201;
    const engine = createServer((request, response) => {
      asked.push(request.method ?? "");
      response.writeHead(request.method === "DELETE" ? 204 : status, { "content-type": "application/json" });
      response.end(
        request.method === "DELETE" ? undefined : JSON.stringify({ Id: "1", message: "no quota" }),
      );
    });
    try {
      const path = join(folder.path, "docker.sock");
      engine.listen(path);
      await once(engine, "listening");
      const ask = async () => await canLimitDisk(`unix://${path}`, "i", AbortSignal.timeout(5_000));
      expect(await ask()).to.equal(true);
      expect(asked).to.deep.equal(["POST", "DELETE"]);
      status = 500;
      expect(await ask()).to.equal(false);
      expect(asked).to.deep.equal(["POST", "DELETE", "POST"]);
    } finally {
      engine.closeAllConnections();
      engine.close();
      await folder.stop();
    }
  });

  it("is found, or not, on this machine's engine", async function () {
    const { host, client } = await requireDocker(this);
    const canLimit = await canLimitDisk(host, SANDBOX_IMAGE, AbortSignal.timeout(30_000));
    const { DriverStatus: facts } = (await client.info()) as { DriverStatus: [string, string][] };
    // An engine on another file system has none; one on xfs may have.
    if (!facts.some(([name, value]) => name === "Backing Filesystem" && value === "xfs"))
      expect(canLimit).to.equal(false);
    const all = await client.listContainers({ all: true, filters: { name: ["fizz-disk-"] } });
    expect(all).to.deep.equal([]);
  });
});
