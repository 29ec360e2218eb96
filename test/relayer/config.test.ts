import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { CONFIG_OPTIONS } from "../../relayer/src/config-options.ts";
import { type Config, loadConfig } from "../../relayer/src/config.ts";
import { DOOR_SETTINGS, doorLimits } from "../../relayer/src/door-settings.ts";
import { CONTRACTS } from "./support/builders.ts";
import { LIMITS } from "./support/limits.ts";

/** One setting: what it is when nobody sets it, what it takes, and what it refuses. */
interface Row {
  readonly key: keyof Config;
  readonly fallback: unknown;
  readonly takes: readonly (readonly [text: string, value: unknown])[];
  readonly refuses: readonly string[];
}

const label = "a".repeat(63);
/** 253 characters, as long as a name may be. */
const LONGEST_NAME = [label, label, label, "a".repeat(61)].join(".");
const NO_PORTS = ["-1", "65536", "80.5", "http"];
const PORTS: Row["takes"] = [
  ["0", 0],
  ["80", 80],
  ["65535", 65_535],
];
const NO_COUNTS = ["0", "-1", "1.5", "many", "65537"];
const COUNTS: Row["takes"] = [
  ["1", 1],
  ["65536", 65_536],
];
const NO_RATES = ["0", "-1", "1.5", "fast", "1000001"];
const RATES: Row["takes"] = [
  ["1", 1],
  ["1000000", 1_000_000],
];
const NO_SILENCES = ["0", "-1", "0.5", "long", "604801"];
const SILENCES: Row["takes"] = [
  ["1", 1],
  ["604800", 604_800],
];

const DATABASE_URL = "postgresql://fizz:s3cret@db.example:5432/fizz?sslmode=verify-full";

const ROWS: readonly Row[] = [
  {
    key: "domain",
    fallback: "",
    takes: [
      ["gw.example", "gw.example"],
      ["localhost", "localhost"],
      ["xn--bcher-kva.example", "xn--bcher-kva.example"],
      [LONGEST_NAME, LONGEST_NAME],
    ],
    refuses: [
      "GW.example",
      "*.gw.example",
      "gw..example",
      "-gw.example",
      "gw-.example",
      "gw.example.",
      "gw.example:80",
      "https://gw.example",
      `${label}a.example`,
      `${LONGEST_NAME}a`,
    ],
  },
  { key: "httpPort", fallback: undefined, takes: PORTS, refuses: NO_PORTS },
  { key: "httpsPort", fallback: undefined, takes: PORTS, refuses: NO_PORTS },
  { key: "certificates", fallback: undefined, takes: [["/etc/fizz/tls", "/etc/fizz/tls"]], refuses: [] },
  {
    key: "doorHost",
    fallback: "0.0.0.0",
    takes: [["::1", "::1"]],
    refuses: ["a".repeat(256)],
  },
  { key: "maxConnections", fallback: 8_192, takes: COUNTS, refuses: NO_COUNTS },
  { key: "maxConnectionsPerLease", fallback: 2_048, takes: COUNTS, refuses: NO_COUNTS },
  { key: "maxConnectionsPerDoor", fallback: 1_024, takes: COUNTS, refuses: NO_COUNTS },
  { key: "maxConnectionsPerAddress", fallback: 256, takes: COUNTS, refuses: NO_COUNTS },
  { key: "maxConnectionsPerNode", fallback: 2_048, takes: COUNTS, refuses: NO_COUNTS },
  { key: "maxUnnamedConnections", fallback: 2_048, takes: COUNTS, refuses: NO_COUNTS },
  { key: "maxUnnamedConnectionsPerAddress", fallback: 256, takes: COUNTS, refuses: NO_COUNTS },
  { key: "newConnectionsPerAddress", fallback: 1_000, takes: RATES, refuses: NO_RATES },
  { key: "newConnectionsPerLease", fallback: 2_000, takes: RATES, refuses: NO_RATES },
  { key: "idleSeconds", fallback: 3_600, takes: SILENCES, refuses: NO_SILENCES },
  { key: "halfClosedSeconds", fallback: 300, takes: SILENCES, refuses: NO_SILENCES },
  {
    key: "bytesPerSecondPerLease",
    fallback: 0,
    takes: [
      ["0", 0],
      ["1024", 1_024],
      ["1000000000", 1_000_000_000],
    ],
    refuses: ["1", "1023", "-1", "2048.5", "fast"],
  },
  {
    key: "trustProxy",
    fallback: [],
    takes: [
      ["10.0.0.0/8", [{ address: "10.0.0.0", prefix: 8 }]],
      [
        "192.0.2.1, 2001:db8::/32,",
        [
          { address: "192.0.2.1", prefix: 32 },
          { address: "2001:db8::", prefix: 32 },
        ],
      ],
    ],
    refuses: ["10.0.0.0/33", "10.0.0", "balancer.example", "*", Array(65).fill("10.0.0.1").join(",")],
  },
  { key: "apiPort", fallback: 4_800, takes: PORTS, refuses: NO_PORTS },
  { key: "adminPort", fallback: undefined, takes: PORTS, refuses: NO_PORTS },
  {
    key: "databaseUrl",
    fallback: undefined,
    takes: [
      ["postgres://localhost/fizz", "postgres://localhost/fizz"],
      [DATABASE_URL, DATABASE_URL],
    ],
    refuses: ["mysql://localhost/fizz", "localhost", `postgres://localhost/${"a".repeat(2_048)}`],
  },
  {
    key: "forwardListen",
    fallback: "/ip4/127.0.0.1/tcp/0",
    takes: ["/ip4/10.0.0.7/tcp/4804", "/ip6/fd00::7/tcp/4804", "/dns4/one.gw.internal/tcp/4804"].map(
      (text) => [text, text] as const,
    ),
    refuses: ["10.0.0.7:4804", "/ip4/0.0.0.0/tcp/4804", "/ip6/::/tcp/4804"],
  },
  { key: "rateLimit", fallback: 600, takes: RATES, refuses: NO_RATES },
];

describe("the gateway's settings of doors and HTTP", () => {
  for (const { key, fallback, takes, refuses } of ROWS)
    describe(key, () => {
      const { env = "" } = CONFIG_OPTIONS.find((option) => option.key === key) ?? {};

      it("has its default", () => {
        expect(load({ [env]: "" })[key]).to.deep.equal(fallback);
      });

      it("is taken from the environment and from a file, to the ends of its range", () => {
        for (const [text, value] of takes) {
          expect(load({ [env]: text })[key], text).to.deep.equal(value);
          expect(fromFile({ [key]: text })[key], text).to.deep.equal(value);
        }
      });

      if (refuses.length === 0) return;
      it("is refused with a code outside, under its name", () => {
        for (const text of refuses)
          for (const read of [() => load({ [env]: text }), () => fromFile({ [key]: text })]) {
            const error = failureOf(read);
            expect(error?.code, text).to.equal("CONFIG_INVALID");
            expect(error?.message, text).to.include(`${env} (${key}): `);
          }
      });
    });

  it("of HTTP by host name need a domain", () => {
    for (const env of ["FIZZ_GATEWAY_HTTP_PORT", "FIZZ_GATEWAY_HTTPS_PORT"]) {
      const error = failureOf(() => loadConfig(undefined, { ...REQUIRED, [env]: "0" }));
      expect(error?.code).to.equal("CONFIG_INVALID");
      expect(error?.message).to.include("FIZZ_GATEWAY_DOMAIN (domain): needed to serve HTTP by host name");
    }
  });

  it("take the gateway's own database before that of the environment, and tell no password", () => {
    const own = { FIZZ_GATEWAY_DATABASE_URL: DATABASE_URL };
    expect(load({ DATABASE_URL: "postgres://localhost/other", ...own }).databaseUrl).to.equal(DATABASE_URL);
    const wrong = DATABASE_URL.replace("postgresql", "mysql");
    expect(failureOf(() => load({ DATABASE_URL: wrong }))?.message).to.not.include("s3cret");
  });

  it("tell every problem at once", () => {
    const error = failureOf(() =>
      load({
        FIZZ_GATEWAY_HTTP_PORT: "x",
        FIZZ_GATEWAY_TRUST_PROXY: "x",
        FIZZ_GATEWAY_MAX_UNNAMED_CONNECTIONS: "x",
      }),
    );
    for (const key of ["httpPort", "trustProxy", "maxUnnamedConnections"])
      expect(error?.message).to.include(`(${key})`);
  });

  it("are the limits of the doors, all of which a reload takes", () => {
    expect(doorLimits(load({}))).to.deep.equal(LIMITS);
    const changed = load(
      Object.fromEntries(
        DOOR_SETTINGS.filter((key) => key !== "trustProxy").map((key) => [envOf(key), "5000"]),
      ),
    );
    const kept = Object.entries(doorLimits(changed)).filter(
      ([name, value]) => value === LIMITS[name as keyof typeof LIMITS],
    );
    expect(kept, "limits that no setting of a reload changes").to.deep.equal([]);
  });

  const REQUIRED = {
    FIZZ_RPC_URL: "http://127.0.0.1:9",
    FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
    FIZZ_GATEWAY_KEY_FILE: "gateway.key",
  };

  function load(env: Record<string, string>): Config {
    return loadConfig(undefined, { ...REQUIRED, FIZZ_GATEWAY_DOMAIN: "gw.example", ...env });
  }

  function fromFile(settings: Record<string, string>): Config {
    const folder = mkdtempSync(join(tmpdir(), "fizz-config-test-"));
    try {
      const path = join(folder, "gateway.json");
      writeFileSync(path, JSON.stringify({ domain: "gw.example", ...settings }));
      return loadConfig(path, REQUIRED);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  function failureOf(read: () => unknown): ProtocolError | undefined {
    try {
      read();
      return undefined;
    } catch (error) {
      return error instanceof ProtocolError ? error : undefined;
    }
  }

  function envOf(key: string): string {
    return CONFIG_OPTIONS.find((option) => option.key === key)?.env ?? "";
  }
});
