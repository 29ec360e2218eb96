import { expect } from "chai";
import { type GpuCard } from "../../../node-agent/src/domain/gpu-card.ts";
import { preparedDaemonJson } from "../../../node-agent/src/domain/host-preparation.ts";
import {
  cardLabels,
  cardResources,
  cardsOfSwarm,
  givesCards,
} from "../../../node-agent/src/domain/swarm-cards.ts";
import { cardsOf, type reports, uuidOf } from "../support/gpu-reports.ts";

/** What the swarm tells of a machine whose engine was told of these cards. */
function announced(cards: readonly GpuCard[]) {
  const labels = new Map(cardLabels(cards).map((label) => label.split("=") as [string, string]));
  return cardResources(cards).map((name) => {
    const uuid = name.slice("NVIDIA-GPU=".length);
    return { uuid, told: labels.get(`fizz.gpu.${uuid}`) };
  });
}

describe("cards of a swarm", () => {
  it("are told by their machines' engines as their driver told them, but for what only the driver needs", () => {
    const names: (keyof typeof reports)[] = ["h100Sxm", "rtx4090Pair", "t4", "gtx1080"];
    for (const name of names) {
      const cards = cardsOf(name);
      const shortOf = ({ uuid, name: called, model, memoryMiB, form }: GpuCard) => ({
        ...{ uuid, called, memoryMiB, form, model: model?.model },
      });
      expect(cardsOfSwarm(announced(cards)).map(shortOf), name).to.deep.equal(cards.map(shortOf));
    }
  });

  it("are in one order over all machines", () => {
    const all = cardsOfSwarm([...announced(cardsOf("t4")), ...announced(cardsOf("rtx4090Pair"))]);
    expect(all.map(({ index }) => index)).to.deep.equal([0, 1, 2]);
  });

  it("are none where a machine announces what it does not tell of, or tells nonsense", () => {
    const uuid = uuidOf("1");
    for (const told of [undefined, "", "NVIDIA GeForce RTX 4090", "x NVIDIA", "24564 "])
      expect(cardsOfSwarm([{ uuid, told }]), told).to.deep.equal([]);
    expect(cardsOfSwarm([{ uuid: "all", told: "24564 NVIDIA GeForce RTX 4090" }])).to.deep.equal([]);
  });
});

describe("givesCards", () => {
  it("is from 23.0.2 on, and not where the version is not understood", () => {
    for (const version of ["23.0.2", "23.0.10", "23.1.0", "24.0.0", "28.3.0-rc.1", "29.0.1+azure"])
      expect(givesCards(version), version).to.equal(true);
    for (const version of ["20.10.24+dfsg1", "23.0.1", "22.99.99", "19.03.15", "", "dev", "23.0"])
      expect(givesCards(version), version).to.equal(false);
  });
});

describe("preparedDaemonJson with cards", () => {
  const read = (text: string) => JSON.parse(text) as Record<string, unknown>;
  const cards = cardsOf("rtx4090Pair");

  it("announces each by its id, and has NVIDIA's runtime for all containers, beside what the owner has", () => {
    const before = JSON.stringify({
      "node-generic-resources": ["FPGA=one"],
      runtimes: { kata: { path: "kata" } },
    });
    const after = read(preparedDaemonJson(before, "mark", cards));
    expect(after["node-generic-resources"]).to.deep.equal([
      "FPGA=one",
      `NVIDIA-GPU=${uuidOf("1")}`,
      `NVIDIA-GPU=${uuidOf("2")}`,
    ]);
    expect(after["labels"]).to.include(`fizz.gpu.${uuidOf("1")}=24564 NVIDIA GeForce RTX 4090`);
    expect(after["default-runtime"]).to.equal("nvidia");
    expect(after["runtimes"]).to.have.keys("kata", "nvidia");
  });

  it("takes cards away that are gone, and announces none on a machine without", () => {
    const [first] = cards;
    const both = preparedDaemonJson(undefined, "mark", cards);
    const one = read(preparedDaemonJson(both, "mark", first === undefined ? [] : [first]));
    expect(one["node-generic-resources"]).to.deep.equal([`NVIDIA-GPU=${uuidOf("1")}`]);
    expect(JSON.stringify(one["labels"])).to.not.include(uuidOf("2"));
    const none = read(preparedDaemonJson(both, "mark"));
    expect(none).to.not.have.property("node-generic-resources");
    expect(JSON.stringify(none["labels"])).to.not.include("fizz.gpu");
    expect(read(preparedDaemonJson(undefined, "mark"))).to.not.have.property("default-runtime");
  });
});
