import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { type GpuCard } from "../../../node-agent/src/domain/gpu-card.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { codeOf } from "../../support/code-of.ts";
import { containerSpec, hashOf } from "../support/builders.ts";
import { cardsOf, uuidOf } from "../support/gpu-reports.ts";
import { RecordingEngine } from "../support/recording-engine.ts";

const [one, two] = [uuidOf("1"), uuidOf("2")];
const never = new AbortController().signal;
const RUNTIME = { Runtimes: { runc: { path: "runc" }, nvidia: { path: "nvidia-container-runtime" } } };
const CDI = {
  Runtimes: { runc: { path: "runc" } },
  CDISpecDirs: ["/etc/cdi", "/var/run/cdi"],
  DiscoveredDevices: ["0", "all", one, two].map((name) => ({ Source: "cdi", ID: `nvidia.com/gpu=${name}` })),
};

/** No engine here has a GPU: what is held is what an engine is asked for. */
describe("requests for GPUs", () => {
  let recorder: RecordingEngine;
  beforeEach(async () => {
    recorder = await RecordingEngine.start();
    recorder.info = RUNTIME;
  });
  afterEach(async () => {
    await recorder.stop();
  });

  it("asks NVIDIA's runtime for cards by their ids, and never for a number of them", async () => {
    await create({ gpuUnits: 2 });
    const [asked] = recorder.asked;
    expect(asked?.HostConfig["DeviceRequests"]).to.deep.equal([
      { Driver: "nvidia", DeviceIDs: [one, two], Capabilities: [["gpu"]] },
    ]);
    expect(asked?.Labels["fizz.gpus"]).to.equal(`${one},${two}`);
  });

  it("asks by CDI where the engine has its devices and no such runtime", async () => {
    recorder.info = CDI;
    await create({ gpuUnits: 1 });
    const [asked] = recorder.asked;
    expect(asked?.HostConfig["DeviceRequests"]).to.deep.equal([
      { Driver: "cdi", DeviceIDs: [`nvidia.com/gpu=${one}`] },
    ]);
    expect(asked?.Env).to.include("NVIDIA_VISIBLE_DEVICES=void");
  });

  it("creates nothing where the engine can hand out no GPU, or not these", async () => {
    recorder.info = { Runtimes: { runc: {} } };
    expect(await codeOf(create({ gpuUnits: 1 }))).to.equal("REQUIREMENT_MISSING");
    recorder.info = { ...CDI, DiscoveredDevices: [{ Source: "cdi", ID: "nvidia.com/gpu=0" }] };
    expect(await codeOf(create({ gpuUnits: 1 }))).to.equal("REQUIREMENT_MISSING");
    expect(recorder.asked).to.deep.equal([]);
  });

  it("lets neither an image nor a tenant show itself other cards", async () => {
    const env = [
      "A=1",
      "NVIDIA_VISIBLE_DEVICES=all",
      "NVIDIA_MIG_CONFIG_DEVICES=all",
      "NVIDIA_REQUIRE_CUDA=cuda>=12",
    ];
    await create({ gpuUnits: 0, env });
    await create({ gpuUnits: 1, env, lease: "second" });
    const rest = ["A=1", "NVIDIA_REQUIRE_CUDA=cuda>=12"];
    expect(recorder.asked.map(({ Env }) => Env)).to.deep.equal([
      [...rest, "NVIDIA_VISIBLE_DEVICES=void"],
      [...rest, `NVIDIA_VISIBLE_DEVICES=${one}`],
    ]);
    expect(recorder.asked[0]?.HostConfig).to.not.have.property("DeviceRequests");
    expect(recorder.asked[0]?.Labels).to.not.have.property("fizz.gpus");
  });

  it("gives no card twice, also when leases start at the same time and by another agent", async () => {
    await Promise.all([create({ gpuUnits: 1 }), create({ gpuUnits: 1, lease: "second" })]);
    expect(recorder.asked.map(({ Labels }) => Labels["fizz.gpus"])).to.deep.equal([one, two]);
    expect(await codeOf(create({ gpuUnits: 1, lease: "third", node: "another" }))).to.equal(
      "GPU_UNAVAILABLE",
    );
    recorder.forget("second");
    await create({ gpuUnits: 1, lease: "third", node: "another" });
    expect(recorder.asked.at(-1)?.Labels["fizz.gpus"]).to.equal(two);
  });

  it("creates once when it is asked again after a crash, with the same card", async () => {
    await create({ gpuUnits: 1 });
    await create({ gpuUnits: 1 });
    expect(recorder.asked.map(({ Labels }) => Labels["fizz.gpus"])).to.deep.equal([one]);
  });

  it("creates nothing with a GPU while the driver does not answer, and goes on after that", async () => {
    const broken = (): never => {
      throw new ProtocolError("GPU_UNAVAILABLE", "No answer.");
    };
    expect(await codeOf(create({ gpuUnits: 1, cards: broken }))).to.equal("GPU_UNAVAILABLE");
    await create({ gpuUnits: 0, cards: broken });
    expect(recorder.asked).to.have.length(1);
  });

  interface Wanted {
    readonly gpuUnits: number;
    readonly lease?: string;
    readonly env?: readonly string[];
    readonly node?: string;
    readonly cards?: () => readonly GpuCard[];
  }
  const engines = new Map<string, DockerEngine>();

  async function create({
    gpuUnits,
    lease = "lease",
    env = [],
    node = "test",
    cards,
  }: Wanted): Promise<void> {
    const gpus = { cards: cards ?? (() => cardsOf("rtx4090Pair")) };
    const key = `${recorder.host} ${node} ${cards === undefined ? "" : "broken"}`;
    const engine = engines.get(key) ?? new DockerEngine({ host: recorder.host, node, gpus });
    engines.set(key, engine);
    const base = containerSpec();
    const spec: ContainerSpec = {
      ...base,
      leaseHash: hashOf(lease),
      env,
      limits: { ...base.limits, gpuUnits },
    };
    await engine.create(spec, lease, never);
  }
});
