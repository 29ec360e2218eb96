import { readFileSync } from "node:fs";
import { type Converted, convertToManifest } from "@fizz/protocol/convert";
import { parseManifest } from "@fizz/protocol/manifest";
import { expect } from "chai";
import fc from "fast-check";
import { stringify } from "yaml";
import { changeText } from "../../support/change-text.ts";
import { hugeTexts } from "../../support/manifest-traps.ts";
import { HANG_MS, processorMs } from "../../support/processor-time.ts";

const MODES = [undefined, "fizz", "provider"] as const;
const FORMATS = [undefined, "compose", "akash"] as const;
const NOISE = Array.from("[]{}:,-&*!|>%@`\"'#?<$ \n\tab0");
const SECRET = "hunter2-do-not-quote";

describe("convertToManifest on any text", () => {
  it("answers noise", () => {
    const noise = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.string({ unit: fc.constantFrom(...NOISE), maxLength: 200 }),
    );
    fc.assert(
      fc.property(noise, fc.constantFrom(...FORMATS), (text, from) => {
        check(text, { from });
      }),
      { numRuns: 600 },
    );
  });

  it("answers texts of the largest size without hanging", () => {
    const answer = (text: string): void => {
      const milliseconds = processorMs(() => {
        check(text, {});
      });
      expect(milliseconds).to.be.lessThan(HANG_MS);
    };
    fc.assert(fc.property(hugeTexts, answer), { numRuns: 40 });
  }).timeout(60_000);

  it("answers any value as a text of YAML", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...FORMATS), (value, from) => {
        check(stringify(value), { from });
        check(stringify({ services: value, deployment: value, profiles: value }), { from });
      }),
      { numRuns: 300 },
    );
  });

  it("answers files with letters changed", () => {
    const change = fc.tuple(fc.nat({ max: 4_000 }), fc.nat({ max: 3 }), fc.string({ maxLength: 4 }));
    const files = [
      "compose/nextcloud",
      "compose/host-network",
      "compose/traefik",
      "akash/several-placements",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...files.map(read)),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (text, changes) => {
          check(changeText(text, changes));
        },
      ),
      { numRuns: 150 },
    );
  });

  for (const [name, file] of [
    ["Compose files", composeFile()],
    ["Akash SDLs", akashFile()],
  ] as const)
    it(`makes valid manifests of ${name} of every shape, and never one that breaks a rule`, () => {
      fc.assert(
        fc.property(file, fc.constantFrom(...MODES), (source, mode) => {
          const { manifest, findings } = check(stringify(source), { mode });
          const codes = findings.map(({ code }) => code);
          expect(codes).not.to.include("CONVERT_RESULT_INVALID");
          const isTooMuch = codes.includes("CONVERT_TOO_MANY") || codes.includes("CONVERT_OVER_LIMIT");
          expect(manifest === null, JSON.stringify(findings, null, 1)).to.equal(isTooMuch);
        }),
        { numRuns: 200 },
      );
    });

  it("never quotes the value of a variable, an argument or a password", () => {
    const compose = {
      services: {
        web: {
          image: "nginx",
          command: { wrong: SECRET },
          environment: { "bad name": SECRET, LIST: [SECRET], GOOD: SECRET },
        },
        db: {
          image: "nginx",
          environment: [`bad name=${SECRET}`, `A=${SECRET}`, `A=${SECRET}$`, `${SECRET} x`],
        },
      },
    };
    const akash = {
      services: {
        web: { image: "nginx", env: [`A B=${SECRET}`], credentials: { host: "a", password: SECRET } },
      },
      deployment: { web: { east: { profile: "web" } } },
    };
    for (const source of [compose, akash]) {
      const { findings } = check(stringify(source));
      expect(JSON.stringify(findings)).not.to.include(SECRET);
    }
  });

  for (const [name, text] of Object.entries(traps()))
    it(`answers ${name} within two seconds of processor time`, () => {
      const milliseconds = processorMs(() => {
        check(text);
      });
      expect(milliseconds).to.be.below(2_000);
    });
});

function check(text: string, options: Parameters<typeof convertToManifest>[1] = {}): Converted {
  const converted = convertToManifest(text, options);
  const isError = converted.findings.some(({ severity }) => severity === "error");
  expect(isError).to.equal(converted.manifest === null);
  const lines = text.split("\n").length;
  for (const { line, endLine, column } of converted.findings) {
    expect(line).to.be.within(1, lines);
    expect(endLine).to.be.within(line, lines);
    expect(column).to.be.at.least(1);
  }
  if (converted.manifest !== null) expect(parseManifest(converted.manifest).ok).to.equal(true);
  return converted;
}

/** Compose files that Compose itself would take, and some that it would not. */
function composeFile(): fc.Arbitrary<object> {
  const names = ["web", "my_db", "Cache.1", "queue"];
  const word = fc.constantFrom("a", "b c", "80", "", "true", "$$x", "${A}", "${A:-b}", "ü", "'");
  const port = fc.constantFrom(
    "80",
    "443:443",
    "8080:80",
    "80:3000/udp",
    "127.0.0.1:9:9",
    "70-90:70-90",
    "5000-5100",
    3000,
    "x",
  );
  const longPort = fc.record({
    target: fc.constantFrom(80, 8080, "9"),
    published: fc.constantFrom("80", 81, ""),
  });
  const volume = fc.constantFrom(
    "data:/data",
    "/anonymous",
    "./a:/a",
    "./a.conf:/a.conf:ro",
    "C:\\x:/y",
    "data:/dev/shm",
    "~/x:/",
    "a:/b:ro",
  );
  const service = fc.record(
    {
      image: fc.constantFrom("nginx:1.27", "postgres", "${REGISTRY}/x:${TAG}", "UPPER", ""),
      build: fc.constantFrom(".", { context: "." }),
      command: fc.oneof(word, fc.array(word, { maxLength: 3 })),
      entrypoint: fc.oneof(word, fc.array(word, { maxLength: 3 })),
      environment: fc.oneof(
        fc.dictionary(
          fc.constantFrom("A", "B.c", "1D", "FIZZ_X"),
          fc.oneof(word, fc.integer(), fc.constant(null)),
        ),
        fc.array(fc.constantFrom("A=1", "A=2", "B", "=x", "C=${D}"), { maxLength: 4 }),
      ),
      ports: fc.array(fc.oneof(port, longPort), { maxLength: 4 }),
      expose: fc.array(port, { maxLength: 3 }),
      volumes: fc.array(volume, { maxLength: 5 }),
      depends_on: fc.array(fc.constantFrom(...names, "nobody"), { maxLength: 3 }),
      networks: fc.array(fc.constantFrom("front", "back"), { maxLength: 2 }),
      network_mode: fc.constantFrom("host", "none", "service:web"),
      cpus: fc.constantFrom(0, 0.5, "1.5", 64, "many"),
      mem_limit: fc.constantFrom("512m", "1.5gb", 1_073_741_824, "1k", "200g"),
      shm_size: fc.constantFrom("64m", "1g", "x"),
      gpus: fc.constantFrom("all", 2),
      scale: fc.constantFrom(0, 1, 3, 60),
      deploy: fc.jsonValue({ maxDepth: 2 }),
      restart: fc.constantFrom("always", "no"),
      healthcheck: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: ["image"] },
  );
  const services = fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1 })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, service]))));
  return services.map((all) => ({ name: "any", services: all }));
}

/** SDLs that Akash itself would take, and some that it would not. */
function akashFile(): fc.Arbitrary<object> {
  const names = ["web", "my_db", "worker"];
  const target = fc.constantFrom(
    { global: true },
    { service: "web" },
    { service: "x" },
    { global: true, ip: "a" },
  );
  const expose = fc.record(
    {
      port: fc.constantFrom(80, 443, 3000, "8080", 0),
      as: fc.constantFrom(80, 443, 3000, 0),
      proto: fc.constantFrom("tcp", "UDP", "http"),
      accept: fc.array(fc.constantFrom("a.example.org", "*.example.org", "bad host"), { maxLength: 2 }),
      http_options: fc.constantFrom(
        { max_body_size: 5 },
        { next_cases: ["off", "500"] },
        { read_timeout: 99_999 },
      ),
      to: fc.array(target, { maxLength: 2 }),
    },
    { requiredKeys: ["port", "to"] },
  );
  const mount = fc.record({ mount: fc.constantFrom("/data", "/dev/shm", "relative", "/data/") });
  const service = fc.record(
    {
      image: fc.constantFrom("nginx:1.27", "UPPER", ""),
      command: fc.constantFrom(["sh", "-c"], "sh", [1]),
      env: fc.constantFrom(["A=1", "A=2"], ["B"], ["=x"]),
      dependencies: fc.array(fc.record({ service: fc.constantFrom(...names, "x") }), { maxLength: 2 }),
      expose: fc.array(expose, { maxLength: 3 }),
      params: fc.record({ storage: fc.dictionary(fc.constantFrom("data", "shm", "default"), mount) }),
      credentials: fc.constantFrom({ host: "ghcr.io", username: "a", password: "b" }, { host: "ghcr.io" }),
    },
    { requiredKeys: ["image"] },
  );
  const volume = fc.record(
    {
      name: fc.constantFrom("data", "shm", "default"),
      size: fc.constantFrom("1Gi", "512MB", "5000Gi", 7),
      attributes: fc.constantFrom(
        { persistent: true, class: "beta2" },
        { class: "ram" },
        { persistent: "true" },
      ),
    },
    { requiredKeys: ["size"] },
  );
  const model = fc.constantFrom(
    { model: "a100", ram: "80Gi" },
    { model: "rtx4090" },
    { model: "x" },
    { model: "t4" },
  );
  const resources = fc.record({
    cpu: fc.record({ units: fc.constantFrom(1, "100m", 0.5, "64", "x") }),
    memory: fc.record({ size: fc.constantFrom("512Mi", "1G", "200Gi", "1") }),
    storage: fc.oneof(volume, fc.array(volume, { maxLength: 4 })),
    gpu: fc.record({
      units: fc.constantFrom(0, 1, 8, 99),
      attributes: fc.record({ vendor: fc.record({ nvidia: fc.array(model, { maxLength: 3 }) }) }),
    }),
  });
  const placed = fc.record({
    profile: fc.constantFrom("small", "big", "none"),
    count: fc.constantFrom(1, 3, 0, 90),
  });
  const placement = fc.record({
    attributes: fc.constantFrom({ region: "us-west" }, { region: "mars", host: "akash" }, null),
    pricing: fc.record({ small: fc.constantFrom({ denom: "uakt", amount: 1 }, null) }),
  });
  return fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }).chain((chosen) =>
    fc.record({
      version: fc.constantFrom("2.0", "2.1"),
      services: fc.record(Object.fromEntries(chosen.map((name) => [name, service]))),
      profiles: fc.record({
        compute: fc.record({ small: fc.record({ resources }), big: fc.record({ resources }) }),
        placement: fc.record({ east: placement, west: placement }),
      }),
      deployment: fc.record(
        Object.fromEntries(
          chosen.map((name) => [
            name,
            fc.dictionary(fc.constantFrom("east", "west"), placed, { minKeys: 1 }),
          ]),
        ),
      ),
    }),
  );
}

function traps(): Record<string, string> {
  const wide = Array.from({ length: 9 }, (_, level) =>
    level === 0 ? "a0: &a0 [x, x]" : `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`,
  );
  return {
    "aliases of aliases": `${wide.join("\n")}\nservices: {web: {image: nginx}}\n`,
    "merges of merges": `a: &a {k: 1}\n${Array.from({ length: 200 }, (_, n) => `b${n}: {<<: [*a, *a, *a]}`).join("\n")}\nservices: {}\n`,
    "defaults in defaults": `services: {web: {image: "${"${A:-".repeat(9_000)}"}}\n`,
    "dollars everywhere": `services: {web: {image: "${"$".repeat(50_000)}"}}\n`,
    "open braces": `services: {web: {command: "${"${A ".repeat(12_000)}"}}\n`,
    "a long port": `services: {web: {image: nginx, ports: ["${"1-".repeat(25_000)}"]}}\n`,
    "a long path": `services: {web: {image: nginx, volumes: ["a:${"/a".repeat(25_000)}"]}}\n`,
    "many services": `services:\n${Array.from({ length: 3_000 }, (_, n) => `  s${n}: {image: nginx}\n`).join("")}`,
    "many ports": `services:\n  web:\n    image: nginx\n    ports: [${Array.from({ length: 6_000 }, (_, n) => n + 1).join(",")}]\n`,
    "many dependencies": `services:\n${Array.from({ length: 32 }, (_, n) => `  s${n}: {image: nginx, depends_on: [${Array.from({ length: 32 }, (__, m) => `s${m}`).join(",")}]}\n`).join("")}`,
    "many variables": `services: {web: {image: nginx, environment: [${Array.from({ length: 4_000 }, (_, n) => `V${n}`).join(",")}]}}\n`,
  };
}

function read(name: string): string {
  return readFileSync(new URL(`./golden/${name}.yaml`, import.meta.url), "utf8");
}
