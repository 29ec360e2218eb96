import { type Rule } from "./rule.ts";
import { PROVIDER } from "./sample.ts";

const service = "services.web";
const resources = "profiles.compute.web.resources";
const price = "profiles.placement.any.pricing.web";

/** What one field may hold. */
export const fieldRules: readonly Rule[] = [
  {
    code: "MANIFEST_KEY_UNKNOWN",
    path: `${service}.imge`,
    changes: { [`${service}.imge`]: "x" },
    suggestion: "image",
  },
  {
    code: "MANIFEST_KEY_UNKNOWN",
    path: `${price}.denom`,
    changes: { [`${price}.denom`]: "ETH" },
    suggestion: "token",
  },
  { code: "MANIFEST_KEY_UNKNOWN", path: "extra", changes: { extra: 1 } },
  { code: "MANIFEST_FIELD_MISSING", path: `${service}.image`, changes: { [`${service}.image`]: undefined } },
  { code: "MANIFEST_FIELD_MISSING", path: "profiles.mode", changes: { "profiles.mode": undefined } },
  { code: "MANIFEST_FIELD_MISSING", path: "profiles.duration", changes: { "profiles.duration": undefined } },
  {
    code: "MANIFEST_FIELD_MISSING",
    path: `${resources}.memory.size`,
    changes: { [`${resources}.memory`]: {} },
  },
  {
    code: "MANIFEST_FIELD_MISSING",
    path: `${service}.expose[0].port`,
    changes: { [`${service}.expose[0].port`]: undefined },
  },
  {
    code: "MANIFEST_FIELD_TWICE",
    path: "profiles.tiers",
    changes: { "profiles.tier": ["secured"], "profiles.tiers": ["community"] },
    valid: { "profiles.tiers": ["community"] },
  },
  { code: "MANIFEST_TYPE_WRONG", path: "services", changes: { services: ["web"] } },
  { code: "MANIFEST_TYPE_WRONG", path: `${service}.command`, changes: { [`${service}.command`]: "sh" } },
  {
    code: "MANIFEST_TYPE_WRONG",
    path: `${service}.credentials.password`,
    changes: { [`${service}.credentials`]: { registry: "ghcr.io", username: "me", password: "" } },
  },
  {
    code: "MANIFEST_TOO_LONG",
    path: `${service}.env`,
    changes: { [`${service}.env`]: Array.from({ length: 257 }, (_, index) => `K${index}=1`) },
    valid: { [`${service}.env`]: Array.from({ length: 256 }, (_, index) => `K${index}=1`) },
  },
  {
    code: "MANIFEST_TOO_LONG",
    path: `${service}.args[0]`,
    changes: { [`${service}.args`]: ["x".repeat(16_385)] },
  },
  {
    code: "MANIFEST_VALUE_NOT_ALLOWED",
    path: `${service}.pull_policy`,
    changes: { [`${service}.pull_policy`]: "always" },
    valid: { [`${service}.pull_policy`]: "Always" },
    suggestion: "Always",
  },
  {
    code: "MANIFEST_VALUE_NOT_ALLOWED",
    path: "profiles.mode",
    changes: { "profiles.mode": "fiz" },
    suggestion: "fizz",
  },
  {
    code: "MANIFEST_VALUE_NOT_ALLOWED",
    path: `${service}.expose[0].proxy_protocol`,
    changes: { [`${service}.expose[0].proxy_protocol`]: "v3" },
    valid: { [`${service}.expose[0].proxy_protocol`]: "v1" },
  },
  {
    code: "MANIFEST_VALUE_NOT_ALLOWED",
    path: `${service}.expose[0].proto`,
    changes: { [`${service}.expose[0].proto`]: "sctp" },
    valid: { [`${service}.expose[0].proto`]: "UDP" },
  },
  {
    code: "MANIFEST_VALUE_NOT_ALLOWED",
    path: "services.api.expose[0].http_options.next_cases",
    text: PROVIDER,
    changes: { "services.api.expose[0].http_options.next_cases": ["off", "error"] },
    valid: { "services.api.expose[0].http_options.next_cases": ["off"] },
  },
  {
    code: "MANIFEST_HEALTH_INVALID",
    path: `${service}.health.path`,
    changes: { [`${service}.health`]: { port: 8080, path: "healthz" } },
    valid: { [`${service}.health`]: { port: 8080, path: "/healthz?deep=1" } },
  },
  {
    code: "MANIFEST_FIELD_MISSING",
    path: `${service}.health.port`,
    changes: { [`${service}.health`]: { path: "/healthz" } },
    valid: { [`${service}.health`]: {} },
  },
  {
    code: "MANIFEST_DURATION_INVALID",
    path: `${service}.health.start_period`,
    changes: { [`${service}.health`]: { start_period: "90" } },
    valid: { [`${service}.health`]: { start_period: "1.5min", interval: "5s", timeout: "1s", retries: 1 } },
    suggestion: "90s",
  },
  {
    code: "MANIFEST_VERSION_UNSUPPORTED",
    path: "version",
    changes: { version: "2.0" },
    valid: { version: "1.0" },
    suggestion: '"1.0"',
  },
  {
    code: "MANIFEST_NAME_INVALID",
    path: "services.Web_1",
    changes: { "services.Web_1": { image: "a:1" } },
    valid: { "services.web-1": { image: "a:1" } },
  },
  {
    code: "MANIFEST_IMAGE_INVALID",
    path: `${service}.image`,
    changes: { [`${service}.image`]: "Not An Image" },
    valid: { [`${service}.image`]: `localhost:5000/a/b@sha256:${"0".repeat(64)}` },
  },
  {
    code: "MANIFEST_ENV_INVALID",
    path: `${service}.env[0]`,
    changes: { [`${service}.env`]: ["NO_VALUE"] },
    valid: { [`${service}.env`]: ["NO_VALUE="] },
  },
  {
    code: "MANIFEST_ENV_DUPLICATE",
    path: `${service}.env[1]`,
    changes: { [`${service}.env`]: ["A=1", "A=2"] },
    valid: { [`${service}.env`]: ["A=1", "B=2"] },
  },
  {
    code: "MANIFEST_HOST_INVALID",
    path: "services.api.expose[0].accept[0]",
    text: PROVIDER,
    changes: { "services.api.expose[0].accept": ["http://api.example.org/"] },
    valid: { "services.api.expose[0].accept": ["API.example.org"] },
  },
  {
    code: "MANIFEST_HOST_INVALID",
    path: `${service}.credentials.registry`,
    changes: { [`${service}.credentials`]: { registry: "not a host", username: "me", password: "x" } },
    valid: { [`${service}.credentials`]: { host: "ghcr.io", username: "me", password: "x" } },
  },
  {
    code: "MANIFEST_MOUNT_INVALID",
    path: `${service}.params.storage.default.mount`,
    changes: { [`${service}.params`]: { storage: { default: { mount: "/data/../etc" } } } },
    valid: { [`${service}.params`]: { storage: { default: { mount: "/data", readOnly: true } } } },
  },
  {
    code: "MANIFEST_MOUNT_DUPLICATE",
    path: "services.db.params.storage.default.mount",
    text: PROVIDER,
    changes: { "services.db.params.storage.default": { mount: "/var/lib/postgresql/data" } },
    valid: { "services.db.params.storage.default": { mount: "/var/tmp/db" } },
  },
  {
    code: "MANIFEST_PORT_INVALID",
    path: `${service}.expose[0].port`,
    changes: { [`${service}.expose[0].port`]: 65_536 },
    valid: { [`${service}.expose[0].port`]: 65_535 },
  },
  {
    code: "MANIFEST_PORT_INVALID",
    path: `${service}.expose[0].as`,
    changes: { [`${service}.expose[0]`]: { port_range: "9000-9001", as: 9_000, to: [{ global: true }] } },
  },
  {
    code: "MANIFEST_RANGE_INVALID",
    path: `${service}.expose[0].port_range`,
    changes: { [`${service}.expose[0].port_range`]: "9001-9000" },
    valid: { [`${service}.expose[0].port_range`]: "9000-9001" },
  },
  {
    code: "MANIFEST_RANGE_MISMATCH",
    path: `${service}.expose[0].port_range_as`,
    changes: {
      [`${service}.expose[0].port_range`]: "9000-9003",
      [`${service}.expose[0].port_range_as`]: "9100-9101",
    },
    valid: {
      [`${service}.expose[0].port_range`]: "9000-9003",
      [`${service}.expose[0].port_range_as`]: "9100-9103",
    },
    suggestion: "9100-9103",
  },
  {
    code: "MANIFEST_PORT_DUPLICATE",
    path: `${service}.expose[1].port_range`,
    changes: { [`${service}.expose[1]`]: { port_range: "8079-8081", to: [{ global: true }] } },
    valid: { [`${service}.expose[1]`]: { port_range: "8079-8081", proto: "udp", to: [{ global: true }] } },
  },
  {
    code: "MANIFEST_TO_INVALID",
    path: `${service}.expose[0].to`,
    changes: { [`${service}.expose[0].to`]: [{ global: false }] },
    valid: { [`${service}.expose[0].to`]: [{ global: false }, { global: true }] },
  },
  {
    code: "MANIFEST_TO_INVALID",
    path: "services.db.expose[0].to",
    text: PROVIDER,
    changes: { "services.db.expose[0].to": [{ service: "api", ip: "mine" }] },
    valid: { "services.db.expose[0].to": [{ global: true, ip: "mine" }] },
  },
  {
    code: "MANIFEST_NUMBER_INVALID",
    path: "deployment.web.any.count",
    changes: { "deployment.web.any.count": 0 },
    valid: { "deployment.web.any.count": 2 },
  },
  {
    code: "MANIFEST_NUMBER_INVALID",
    path: "services.api.expose[0].http_options.read_timeout",
    text: PROVIDER,
    changes: { "services.api.expose[0].http_options.read_timeout": 60_001 },
    valid: { "services.api.expose[0].http_options.read_timeout": 60_000 },
  },
];
