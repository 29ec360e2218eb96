import {
  type ConvertCode,
  convertCodes,
  type ConvertFinding,
  convertToManifest,
} from "@fizz/protocol/convert";
import { expect } from "chai";

interface Row {
  readonly code: ConvertCode;
  /** A text that is converted. Lines of a service `web` when it begins with two spaces and more. */
  readonly text: string;
  readonly path?: string;
  readonly done?: string;
  readonly mode?: "fizz" | "provider";
}

const SERVICE = "services:\n  web:\n    image: nginx:1.27\n";
const DEPLOYMENT = "deployment: {web: {east: {profile: web, count: 1}}}\n";
const AKASH = `${SERVICE}profiles:\n  compute:\n    web:\n      resources: {cpu: {units: 1}}\n`;
const many = (count: number, line: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => line(number)).join("");

const errors: readonly Row[] = [
  { code: "CONVERT_TOO_LARGE", text: `# ${"x".repeat(256 * 1_024)}` },
  { code: "CONVERT_TOO_LARGE", text: `services: [${",".repeat(60_000)}` },
  { code: "CONVERT_TOO_LARGE", text: `a: &a [${"x, ".repeat(1_000)}]\nservices: [${"*a, ".repeat(60)}]` },
  { code: "CONVERT_TOO_DEEP", text: `a: ${"[".repeat(40)}${"]".repeat(40)}` },
  { code: "CONVERT_TOO_DEEP", text: "[".repeat(60_000) },
  { code: "CONVERT_EMPTY", text: "# nothing\n" },
  { code: "CONVERT_YAML_SYNTAX", text: 'services: "web\n' },
  { code: "CONVERT_YAML_DOCUMENTS", text: `${SERVICE}---\na: 1\n` },
  { code: "CONVERT_YAML_ALIAS", text: "services: *nothing\n" },
  { code: "CONVERT_YAML_ALIAS", text: "services: &a {web: *a}\n" },
  { code: "CONVERT_FORMAT_UNKNOWN", text: "kind: Pod\nmetadata: {}\n" },
  { code: "CONVERT_FORMAT_UNKNOWN", text: "web:\n  image: nginx\n" },
  { code: "CONVERT_FORMAT_MANIFEST", text: `${SERVICE}profiles: {mode: fizz}\n` },
  { code: "CONVERT_NOTHING_DEPLOYED", text: "services: {}\n" },
  { code: "CONVERT_TOO_MANY", text: `services:\n${many(33, (n) => `  s${n}: {image: nginx}\n`)}` },
  { code: "CONVERT_TOO_MANY", text: `${SERVICE}    volumes:\n${many(9, (n) => `      - v${n}:/v${n}\n`)}` },
  { code: "CONVERT_TOO_MANY", text: `${SERVICE}    ports: [9000-9299]\n`, mode: "fizz" },
  { code: "CONVERT_OVER_LIMIT", text: `${SERVICE}    cpus: 33\n`, mode: "fizz" },
  {
    code: "CONVERT_RESULT_INVALID",
    text: `${SERVICE}    environment:\n${many(300, (n) => `      V${n}: 1\n`)}`,
  },
];

const notices: readonly Row[] = [
  { code: "CONVERT_YAML_MERGE", text: `${SERVICE}    <<: 1\n` },
  { code: "CONVERT_KEY_DUPLICATE", text: `${SERVICE}    image: caddy:2\n`, done: "the first one counts" },
  { code: "CONVERT_KEY_INVALID", text: `${SERVICE}    ? [a]\n    : 1\n` },
  { code: "CONVERT_FIELD_DROPPED", text: `${SERVICE}    user: root\n`, path: "services.web.user" },
  { code: "CONVERT_FIELD_UNKNOWN", text: `${SERVICE}    prots: []\n`, path: "services.web.prots" },
  { code: "CONVERT_VALUE_DROPPED", text: `${SERVICE}    ports: ["0:80"]\n`, path: "services.web.ports[0]" },
  { code: "CONVERT_VALUE_DROPPED", text: `${SERVICE}    command: "a 'b"\n`, path: "services.web.command" },
  { code: "CONVERT_NAME_CHANGED", text: "services: {My_Web: {image: nginx}}\n", done: "my-web" },
  { code: "CONVERT_MODE_CHOSEN", text: SERVICE, done: "mode: fizz" },
  { code: "CONVERT_MODE_CHOSEN", text: `${SERVICE}    ports: [80]\n`, done: "mode: provider" },
  { code: "CONVERT_DEFAULT_DURATION", text: SERVICE, done: "duration: 1d" },
  { code: "CONVERT_DEFAULT_PRICE", text: SERVICE, done: "ETH per hour: web 0.0002" },
  { code: "CONVERT_DEFAULT_REGION", text: SERVICE, done: "any region" },
  { code: "CONVERT_DEFAULT_RESOURCES", text: SERVICE, done: "cpu 1, memory 1Gi, storage 4Gi" },
  { code: "CONVERT_DEFAULT_SIZE", text: `${SERVICE}    volumes: ["a:/a"]\n`, done: "10Gi" },
  {
    code: "CONVERT_VARIABLE_UNSET",
    text: `${SERVICE}    environment: {A: $B}\n`,
    path: "services.web.environment.A",
  },
  {
    code: "CONVERT_VARIABLE_UNSET",
    text: `${SERVICE}    environment: [A]\n`,
    path: "services.web.environment[0]",
  },
  { code: "CONVERT_VARIABLE_DEFAULT", text: `${SERVICE}    environment: {A: "\${B:-c}"}\n` },
  { code: "CONVERT_BUILD", text: "services: {web: {build: .}}\n", done: "image: registry.example/web:1.0.0" },
  { code: "CONVERT_IMAGE_MISSING", text: "services: {web: {image: UPPER}}\n", path: "services.web.image" },
  { code: "CONVERT_EXTENDS", text: `${SERVICE}  b: {extends: {service: web}}\n`, path: "services.b.extends" },
  { code: "CONVERT_PROFILE", text: `${SERVICE}  b: {image: nginx, profiles: [debug]}\n` },
  {
    code: "CONVERT_PORT_CHANGED",
    text: `${SERVICE}    ports: ["9000:80"]\n`,
    mode: "fizz",
    done: "port 9000",
  },
  {
    code: "CONVERT_PORT_CHANGED",
    text: `${SERVICE}    ports: ["80:9000"]\n`,
    mode: "fizz",
    done: "any public port",
  },
  { code: "CONVERT_PORT_LOCAL", text: `${SERVICE}    ports: ["127.0.0.1:9000:9000"]\n`, done: "left out" },
  { code: "CONVERT_PORT_ROUTED", text: `${SERVICE}    ports: ["9000:80"]\n`, done: "public port 80" },
  {
    code: "CONVERT_PORT_RANGE",
    text: `${SERVICE}    ports: [9000-9003]\n`,
    mode: "provider",
    done: "4 entries",
  },
  {
    code: "CONVERT_PORT_TWICE",
    text: `${SERVICE}    ports: ["1:9000", "2:9000"]\n`,
    path: "services.web.ports[1]",
  },
  { code: "CONVERT_PORT_GUESSED", text: `${SERVICE}  db: {image: postgres:16}\n`, path: "services.db.image" },
  {
    code: "CONVERT_HTTP_FIELD",
    text:
      AKASH.replace(
        "1.27\n",
        "1.27\n    expose: [{port: 9000, accept: [a.example.org], to: [{global: true}]}]\n",
      ) + DEPLOYMENT,
    path: "services.web.expose[0]",
  },
  { code: "CONVERT_NETWORK", text: `${SERVICE}    network_mode: host\n`, path: "services.web.network_mode" },
  { code: "CONVERT_PRIVILEGE", text: `${SERVICE}    privileged: true\n`, path: "services.web.privileged" },
  { code: "CONVERT_PRIVILEGE", text: `${SERVICE}    volumes: ["/var/run/docker.sock:/x"]\n` },
  { code: "CONVERT_BIND_MOUNT", text: `${SERVICE}    volumes: ["./data:/data"]\n`, done: "an empty volume" },
  { code: "CONVERT_BIND_MOUNT", text: `${SERVICE}    volumes: ["./a.conf:/etc/a.conf"]\n`, done: "left out" },
  {
    code: "CONVERT_VOLUME_SHARED",
    text: `${SERVICE}    volumes: ["a:/a"]\n  b: {image: nginx, volumes: ["a:/a"]}\n`,
    path: "services.b.volumes[0]",
  },
  { code: "CONVERT_VOLUME_EPHEMERAL", text: `${SERVICE}    volumes: ["a:/a"]\n`, mode: "fizz" },
  {
    code: "CONVERT_VOLUME_UNMOUNTED",
    text: AKASH.replace("units: 1}", "units: 1}, storage: [{size: 1Gi}, {name: a, size: 1Gi}]") + DEPLOYMENT,
  },
  { code: "CONVERT_SHARED_MEMORY", text: `${SERVICE}    shm_size: 1g\n`, mode: "fizz" },
  { code: "CONVERT_RESTART", text: `${SERVICE}    restart: "no"\n`, path: "services.web.restart" },
  { code: "CONVERT_HEALTHCHECK", text: `${SERVICE}    healthcheck: {test: "true"}\n` },
  { code: "CONVERT_DEPENDENCY", text: `${SERVICE}    depends_on: [nobody]\n`, path: "services.web" },
  { code: "CONVERT_ENV_FILE", text: `${SERVICE}    env_file: .env\n`, path: "services.web.env_file" },
  { code: "CONVERT_ENV_DROPPED", text: `${SERVICE}    environment: {"a b": 1}\n` },
  { code: "CONVERT_SECRET", text: `${SERVICE}    secrets: [a]\n`, path: "services.web.secrets" },
  { code: "CONVERT_REPLICAS", text: `${SERVICE}    scale: 51\n`, done: "50 replicas" },
  { code: "CONVERT_GPU", text: `${SERVICE}    gpus: all\n`, done: "1 GPU" },
  {
    code: "CONVERT_PRICE_TOKEN",
    text: `${AKASH}  placement: {east: {pricing: {web: {denom: uakt, amount: 5}}}}\n${DEPLOYMENT}`,
    path: "profiles.placement.east.pricing.web",
  },
  {
    code: "CONVERT_PLACEMENT_SEVERAL",
    text: `${AKASH}${DEPLOYMENT.replace("1}}", "1}, west: {profile: web}}")}`,
  },
  {
    code: "CONVERT_PLACEMENT_ATTRIBUTE",
    text: `${AKASH}  placement: {east: {attributes: {host: akash}}}\n${DEPLOYMENT}`,
    path: "profiles.placement.east.attributes.host",
  },
];

describe("codes of a conversion", () => {
  for (const [index, row] of errors.entries())
    it(`${row.code} leaves no manifest (${index})`, () => {
      const { manifest, findings } = convertToManifest(row.text, { mode: row.mode });
      expect(manifest).to.equal(null);
      expect(find(findings, row)?.severity).to.equal("error");
    });

  for (const [index, row] of notices.entries())
    it(`${row.code} is told beside a manifest (${index})`, () => {
      const { manifest, findings } = convertToManifest(row.text, { mode: row.mode });
      expect(manifest, JSON.stringify(findings, null, 1)).to.be.a("string");
      const finding = find(findings, row);
      expect(finding?.severity, JSON.stringify(findings, null, 1)).to.equal("warning");
      expect(finding?.line).to.be.at.least(1);
    });

  it("CONVERT_TOO_MANY_FINDINGS says how many are not listed", () => {
    const text = `services:\n${many(30, (n) => `  s${n}: {image: nginx, tty: true, user: a, pid: host, dns: a}\n`)}`;
    const { findings } = convertToManifest(text);
    expect(findings).to.have.length(101);
    expect(findings.at(-1)?.code).to.equal("CONVERT_TOO_MANY_FINDINGS");
  });

  it("has a row for every code", () => {
    const tested = new Set<string>([...errors, ...notices].map((row) => row.code));
    tested.add("CONVERT_TOO_MANY_FINDINGS");
    expect(Object.keys(convertCodes).filter((code) => !tested.has(code))).to.deep.equal([]);
  });

  function find(findings: readonly ConvertFinding[], row: Row): ConvertFinding | undefined {
    return findings.find(
      ({ code, path, done }) =>
        code === row.code && path === (row.path ?? path) && done === (row.done ?? done),
    );
  }
});
