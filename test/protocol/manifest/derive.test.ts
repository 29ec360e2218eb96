import {
  canonicalText,
  checkOpenPart,
  checkSealedPart,
  durationSeconds,
  hashOpenPart,
  hashSealedPart,
  manifestHashOf,
  openPartOf,
  openPartSchema,
  priceCeilingPerSecond,
  publicEndpointsOf,
  resourcesOf,
  sealedPartOf,
  sealedPartSchema,
} from "@fizz/protocol/manifest";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { encodeAbiParameters, keccak256, toBytes } from "viem";
import { accepted, FIZZ, PROVIDER, withChanges } from "./sample.ts";

const example = (name: string) => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), "utf8");
const open = (text: string) => openPartOf(accepted(text));
const SALT = `0x${"11".repeat(32)}` as const;

describe("open part and sealed part", () => {
  it("are split so that bidders see nothing of what runs", () => {
    const secrets = {
      "services.web.image": "registry.example.org/private/thing:9",
      "services.web.command": ["/bin/special"],
      "services.web.args": ["--flag-of-mine"],
      "services.web.env": ["A=very-private"],
      "services.web.credentials": {
        registry: "registry.example.org",
        username: "somebody",
        password: "hunter2",
      },
      "services.web.health": { port: 8080, path: "/probe-of-mine" },
      "services.web.params": { storage: { default: { mount: "/somewhere" } } },
    };
    const manifest = accepted(withChanges(FIZZ, secrets));
    const seen = canonicalText(openPartOf(manifest));
    for (const word of [
      "private",
      "special",
      "flag-of-mine",
      "probe-of-mine",
      "somebody",
      "hunter2",
      "somewhere",
      "example.org",
    ])
      expect(seen).to.not.include(word);
    const sealed = canonicalText(sealedPartOf(manifest));
    for (const word of [
      "private/thing:9",
      "special",
      "/probe-of-mine",
      "flag-of-mine",
      "somebody",
      "hunter2",
      "/somewhere",
    ])
      expect(sealed).to.include(word);
  });

  it("have the published form", () => {
    expect(canonicalText(open(FIZZ))).to.equal(
      '{"durationSeconds":3600,"mode":"fizz","placement":{"cpuModels":[],"desiredFizz":[],"desiredProviders":[],' +
        '"excludedFizz":[],"excludedProviders":[],"excludedRegions":[],"minBandwidthMbps":0,"regions":["germany"]},' +
        '"services":[{"count":1,"expose":[{"accept":[],"firstPort":8080,"global":true,"http":null,"ip":null,' +
        '"lastPort":8080,"protocol":"tcp","services":[],"usePublicPort":false,"wishedPort":8080}],' +
        '"maxPricePerHour":"0.5","name":"web","resources":{"arm64Models":null,"gpu":null,"memoryBytes":"134217728",' +
        '"milliCpu":500,"volumes":[{"class":"ephemeral","name":"default","persistent":false,"sizeBytes":"1073741824"}]}}],' +
        '"tiers":[],"token":"ETH","version":"1.0"}',
    );
    expect(canonicalText(sealedPartOf(accepted(FIZZ)))).to.equal(
      '{"services":[{"args":[],"command":[],"credentials":null,"dependencies":[],"env":[],' +
        '"image":"ghcr.io/example/web:1.2.3","mounts":[],"name":"web","pullPolicy":"IfNotPresent"}],"version":"1.0"}',
    );
  });

  it("do not change with the order or the spelling of the text", () => {
    const shuffled = withChanges(PROVIDER, {
      "profiles.tiers": ["community-1", "secured-3", "secured"],
      "profiles.tier": undefined,
      "profiles.placement.us.attributes.region": "us-central; us-east",
      "profiles.duration": "30d",
      "profiles.compute.api.resources.cpu.units": "4000m",
      "profiles.placement.us.pricing.api.amount": "0.0040",
    });
    expect(canonicalText(open(shuffled))).to.equal(canonicalText(open(PROVIDER)));
  });

  it("are accepted by their schemas and rules, for every example", () => {
    for (const name of ["hello.yaml", "two-services.yaml", "port-range.yaml", "provider-web.yaml"]) {
      const manifest = accepted(example(name));
      const openPart = openPartSchema.parse(JSON.parse(canonicalText(openPartOf(manifest))));
      const sealedPart = sealedPartSchema.parse(JSON.parse(canonicalText(sealedPartOf(manifest))));
      expect(checkOpenPart(openPart)).to.deep.equal([]);
      expect(checkSealedPart(openPart, sealedPart)).to.deep.equal([]);
    }
  });

  it("hash as the contracts combine them", () => {
    const openHash = hashOpenPart(open(FIZZ), SALT);
    const inner = keccak256(toBytes(canonicalText(open(FIZZ))));
    const pair = [{ type: "bytes32" }, { type: "bytes32" }] as const;
    expect(openHash).to.equal(keccak256(encodeAbiParameters(pair, [SALT, inner])));
    const sealedHash = hashSealedPart(sealedPartOf(accepted(FIZZ)), SALT);
    expect(manifestHashOf(openHash, sealedHash)).to.equal(
      keccak256(encodeAbiParameters(pair, [openHash, sealedHash])),
    );
    expect(openHash).to.equal("0xcadb635ad59bad7322c146b10ab5d6230eef4599565367d9f925c86bbaf84d35");
    expect(sealedHash).to.equal("0x4d9e0d7c68608474995fa3ddea6055d7c6706d0a490892cb17a548ad0212514e");
  });

  it("pull images without a fixed tag every time", () => {
    const policyOf = (image: string) =>
      sealedPartOf(accepted(withChanges(FIZZ, { "services.web.image": image }))).services[0]?.pullPolicy;
    expect(policyOf("web")).to.equal("Always");
    expect(policyOf("localhost:5000/web:latest")).to.equal("Always");
    expect(policyOf("localhost:5000/web:1")).to.equal("IfNotPresent");
    expect(policyOf(`web@sha256:${"a".repeat(64)}`)).to.equal("IfNotPresent");
  });
});

describe("checkOpenPart", () => {
  const part = () => structuredClone(open(PROVIDER));

  it("refuses what a node of the mode does not offer", () => {
    const forged = { ...part(), mode: "fizz" as const };
    const codes = new Set(checkOpenPart(forged).map((finding) => finding.code));
    expect([...codes]).to.have.members([
      "MANIFEST_FIZZ_PORT",
      "MANIFEST_FIZZ_STORAGE",
      "MANIFEST_FIZZ_LIMIT",
      "MANIFEST_NOT_IN_MODE",
    ]);
  });

  it("refuses a second text of the same meaning", () => {
    const reversed = part();
    reversed.services.reverse();
    const twice = part();
    twice.tiers = [1, 1];
    const regions = part();
    regions.placement.regions = ["us-east", "us-central"];
    for (const forged of [reversed, twice, regions])
      expect(checkOpenPart(forged).map((finding) => finding.code)).to.include("MANIFEST_NOT_CANONICAL");
  });

  it("refuses doors without end", () => {
    const greedy = part();
    for (const service of greedy.services) service.count = 50;
    const run = greedy.services[0]?.expose[0];
    if (run === undefined) throw new Error("the sample exposes a port");
    Object.assign(run, {
      firstPort: 1,
      lastPort: 65_535,
      wishedPort: 1,
      protocol: "tcp",
      accept: [],
      http: null,
    });
    expect(checkOpenPart(greedy).map((finding) => finding.code)).to.include("MANIFEST_TOO_MANY_ENDPOINTS");
  });

  it("is preceded by a schema that knows no other fields", () => {
    expect(openPartSchema.safeParse({ ...part(), image: "x" }).success).to.equal(false);
    expect(openPartSchema.safeParse({ ...part(), services: [] }).success).to.equal(false);
    expect(openPartSchema.safeParse({ ...part(), token: undefined }).success).to.equal(false);
    expect(openPartSchema.safeParse({ ...part(), durationSeconds: 1.5 }).success).to.equal(false);
  });
});

describe("checkSealedPart", () => {
  it("refuses parts that belong to another order", () => {
    const openPart = open(PROVIDER);
    const sealedPart = sealedPartOf(accepted(PROVIDER));
    const [api, db] = sealedPart.services;
    if (api === undefined || db === undefined) throw new Error("the sample has two services");
    const forged = [
      { ...sealedPart, services: [api] },
      { ...sealedPart, services: [db, api] },
      {
        ...sealedPart,
        services: [api, { ...db, mounts: [{ volume: "host", path: "/x", readOnly: false }] }],
      },
      { ...sealedPart, services: [api, { ...db, dependencies: ["nobody"] }] },
    ];
    for (const part of forged)
      expect(checkSealedPart(openPart, part).map((finding) => finding.code)).to.deep.equal([
        "MANIFEST_NOT_CANONICAL",
      ]);
  });

  it("is preceded by a schema that lets no path leave its volume", () => {
    const sealedPart = sealedPartOf(accepted(PROVIDER));
    const mounted = (path: string) => ({
      ...sealedPart,
      services: sealedPart.services.map((service) => ({
        ...service,
        mounts: [{ volume: "data", path, readOnly: false }],
      })),
    });
    for (const path of ["/", "//", "relative", "/a/../b", "/a/.", "/a:/b", "/a/", "/a b"])
      expect(sealedPartSchema.safeParse(mounted(path)).success, path).to.equal(false);
    for (const path of ["/data", "/dev/shm", "/var/lib/.hidden", "/a/..b"])
      expect(sealedPartSchema.safeParse(mounted(path)).success, path).to.equal(true);
  });
});

describe("figures of an order", () => {
  it("count every replica", () => {
    expect(resourcesOf(open(PROVIDER))).to.deep.equal({
      milliCpu: 3 * 4_000 + 1_000,
      memoryMiB: 3 * (8_192 + 2_048) + 2_048,
      storageGiB: 3 * 20 + 60,
      gpuUnits: 6,
      gpuModel: 69,
    });
    // 3 × 0.004 + 0.0004 ETH per hour, in wei × 1e12 per second, rounded down.
    expect(priceCeilingPerSecond(open(PROVIDER))).to.equal((124n * 10n ** 26n) / 3_600n);
    expect(durationSeconds(open(PROVIDER))).to.equal(2_592_000n);
  });

  it("round each figure up once, over all replicas", () => {
    const text = withChanges(FIZZ, {
      "profiles.compute.web.resources.memory.size": "10.5Mi",
      "profiles.compute.web.resources.storage.size": "0.3Gi",
      "deployment.web.any.count": 3,
    });
    expect(resourcesOf(open(text))).to.include({ milliCpu: 1_500, memoryMiB: 32, storageGiB: 1 });
  });

  it("leave the model open until a node is chosen", () => {
    const models = [{ model: "rtx3080" }, { model: "rtx4070ti" }];
    const text = withChanges(FIZZ, {
      "profiles.compute.web.resources.gpu": { units: 1, attributes: { vendor: { nvidia: models } } },
    });
    expect(resourcesOf(open(text)).gpuModel).to.equal(0);
    expect(resourcesOf(open(text), 34).gpuModel).to.equal(34);
    expect(resourcesOf(open(FIZZ), 34).gpuModel).to.equal(0);
  });

  it("use the decimals of the token", () => {
    expect(priceCeilingPerSecond(open(FIZZ), 6)).to.equal((500_000n * 10n ** 12n) / 3_600n);
  });
});

describe("public endpoints", () => {
  it("are one per replica and port, ranges kept together", () => {
    const endpoints = publicEndpointsOf(open(example("port-range.yaml")));
    expect(
      endpoints.map(({ replica, port, wish, group, usePublicPort }) => [
        replica,
        port,
        wish,
        group,
        usePublicPort,
      ]),
    ).to.deep.equal([
      [0, 9_100, 9_100, null, true],
      [0, 30_100, 30_100, 0, false],
      [0, 30_101, 30_101, 0, false],
      [0, 30_102, 30_102, 0, false],
      [0, 30_103, 30_103, 0, false],
      [1, 9_100, 9_100, null, true],
      [1, 30_100, 30_100, 1, false],
      [1, 30_101, 30_101, 1, false],
      [1, 30_102, 30_102, 1, false],
      [1, 30_103, 30_103, 1, false],
    ]);
  });

  it("leave out what only other services may reach", () => {
    expect(
      publicEndpointsOf(open(example("two-services.yaml"))).map((endpoint) => endpoint.service),
    ).to.deep.equal(["web"]);
  });

  it("are HTTP on public port 80 in provider mode, unless the manifest says UDP", () => {
    const schemeOf = (expose: object) =>
      publicEndpointsOf(
        open(withChanges(PROVIDER, { "services.db.expose[0]": { ...expose, to: [{ global: true }] } })),
      )
        .filter((endpoint) => endpoint.service === "db")
        .map((endpoint) => `${endpoint.protocol} ${endpoint.scheme ?? "-"}`);
    expect(schemeOf({ port: 80 })).to.deep.equal(["tcp http"]);
    expect(schemeOf({ port: 3_000, as: 443 })).to.deep.equal(["tcp https"]);
    expect(schemeOf({ port: 443, proto: "tcp" })).to.deep.equal(["tcp -"]);
    expect(schemeOf({ port: 80, as: 8_080 })).to.deep.equal(["tcp -"]);
    expect(schemeOf({ port: 80, proto: "udp" })).to.deep.equal(["udp -"]);
  });

  it("join a port and a range of one entry", () => {
    const expose = {
      port: 9_000,
      port_range: "9100-9101",
      port_range_as: "9200-9201",
      to: [{ global: true }],
    };
    const endpoints = publicEndpointsOf(open(withChanges(FIZZ, { "services.web.expose[0]": expose })));
    expect(endpoints.map(({ port, wish }) => [port, wish])).to.deep.equal([
      [9_000, 9_000],
      [9_100, 9_200],
      [9_101, 9_201],
    ]);
  });
});
