import { type Rule } from "./rule.ts";
import { PROVIDER } from "./sample.ts";

const service = "services.web";
const resources = "profiles.compute.web.resources";
const price = "profiles.placement.any.pricing.web";

/** What only the whole of a manifest shows: names, modes, limits. */
export const wholeRules: readonly Rule[] = [
  { code: "MANIFEST_FIELD_MISSING", path: "deployment", changes: { deployment: {} } },
  { code: "MANIFEST_FIELD_MISSING", path: "deployment.web", changes: { "deployment.web": {} } },
  {
    code: "MANIFEST_PRICE_MISSING",
    path: "profiles.placement.any.pricing",
    changes: { [price]: undefined, "profiles.placement.any.pricing.other": { token: "ETH", amount: 1 } },
  },
  {
    code: "MANIFEST_TOKEN_MIXED",
    path: "profiles.placement.us.pricing.db.token",
    text: PROVIDER,
    changes: { "profiles.placement.us.pricing.db.token": "USDC" },
  },
  {
    code: "MANIFEST_SERVICE_UNKNOWN",
    path: "deployment.wen",
    changes: { "deployment.wen": { any: { profile: "web" } } },
    suggestion: "web",
  },
  {
    code: "MANIFEST_SERVICE_UNKNOWN",
    path: `${service}.expose[0].to`,
    changes: { [`${service}.expose[0].to`]: [{ service: "nobody" }] },
  },
  {
    code: "MANIFEST_SERVICE_UNKNOWN",
    path: `${service}.dependencies[0].service`,
    changes: { [`${service}.dependencies`]: [{ service: "nobody" }] },
  },
  {
    code: "MANIFEST_SERVICE_SELF",
    path: `${service}.dependencies[0].service`,
    changes: { [`${service}.dependencies`]: [{ service: "web" }] },
  },
  {
    code: "MANIFEST_DEPENDENCY_CYCLE",
    path: "services.api.dependencies",
    text: PROVIDER,
    changes: { "services.db.dependencies": [{ service: "api" }] },
  },
  {
    code: "MANIFEST_PROFILE_UNKNOWN",
    path: "deployment.web.any.profile",
    changes: { "deployment.web.any.profile": "wbe" },
    suggestion: "web",
  },
  {
    code: "MANIFEST_PLACEMENT_UNKNOWN",
    path: "deployment.web.other",
    changes: { "deployment.web": { other: { profile: "web" } } },
  },
  {
    code: "MANIFEST_PLACEMENT_SEVERAL",
    path: "deployment.web.second",
    changes: {
      "profiles.placement.second": { pricing: { web: { token: "ETH", amount: 1 } } },
      "deployment.web.second": { profile: "web" },
    },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: "services.db.expose[0].port_range",
    text: PROVIDER,
    changes: { "services.db.expose[0]": { port_range: "5432-5433", to: [{ service: "api" }] } },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: `${service}.expose[0].accept`,
    changes: { [`${service}.expose[0].accept`]: ["www.example.org"] },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: `${service}.expose[0].http_options`,
    changes: { [`${service}.expose[0].http_options`]: { next_tries: 1 } },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: "profiles.placement.us.attributes.bandwidth",
    text: PROVIDER,
    changes: { "profiles.placement.us.attributes.bandwidth": "100mbps" },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: "profiles.placement.us.attributes.desired_fizz",
    text: PROVIDER,
    changes: { "profiles.placement.us.attributes.desired_fizz": "7" },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: "profiles.compute.api.resources.gpu",
    text: PROVIDER,
    changes: { "profiles.compute.api.resources.gpu.attributes.req_vram": ">=80" },
  },
  {
    code: "MANIFEST_NOT_IN_MODE",
    path: "profiles.compute.db.resources.cpu",
    text: PROVIDER,
    changes: { "profiles.compute.db.resources.cpu.attributes": { arch: { arm64: [] } } },
  },
  {
    code: "MANIFEST_FIZZ_PORT",
    path: `${service}.expose[0].port`,
    changes: { [`${service}.expose[0].port`]: 80 },
    valid: { [`${service}.expose[0].port`]: 81 },
    suggestion: "8080",
  },
  {
    code: "MANIFEST_FIZZ_PORT",
    path: `${service}.expose[0].as`,
    changes: { [`${service}.expose[0].as`]: 443 },
    valid: { [`${service}.expose[0].as`]: 8_443 },
    suggestion: "8443",
  },
  {
    code: "MANIFEST_FIZZ_PORT",
    path: `${service}.expose[0].port_range`,
    changes: { [`${service}.expose[0].port_range`]: "440-445" },
  },
  {
    code: "MANIFEST_FIZZ_PORT",
    path: `${service}.expose[0].port_range_as`,
    changes: {
      [`${service}.expose[0].port_range`]: "9000-9005",
      [`${service}.expose[0].port_range_as`]: "78-83",
    },
  },
  {
    code: "MANIFEST_FIZZ_LIMIT",
    path: `${resources}.cpu`,
    changes: { [`${resources}.cpu.units`]: 16.5, "deployment.web.any.count": 2 },
    valid: { [`${resources}.cpu.units`]: 16, "deployment.web.any.count": 2 },
  },
  {
    code: "MANIFEST_FIZZ_LIMIT",
    path: `${resources}.memory`,
    changes: { [`${resources}.memory.size`]: "64.1Gi", "deployment.web.any.count": 2 },
    valid: { [`${resources}.memory.size`]: "64Gi", "deployment.web.any.count": 2 },
  },
  {
    code: "MANIFEST_FIZZ_LIMIT",
    path: `${resources}.storage`,
    changes: { [`${resources}.storage.size`]: "2Ti" },
    valid: { [`${resources}.storage.size`]: "2000Gi" },
  },
  {
    code: "MANIFEST_FIZZ_LIMIT",
    path: `${resources}.gpu`,
    changes: { [`${resources}.gpu`]: { units: 1 }, "deployment.web.any.count": 2 },
    valid: { [`${resources}.gpu`]: { units: 1 } },
  },
  {
    code: "MANIFEST_FIZZ_STORAGE",
    path: `${resources}.storage`,
    changes: {
      [`${resources}.storage`]: [{ name: "shm", size: "1Gi", attributes: { class: "ram" } }],
      [`${service}.params`]: { storage: { shm: { mount: "/dev/shm" } } },
    },
  },
  {
    code: "MANIFEST_FIZZ_STORAGE",
    path: `${resources}.storage`,
    changes: {
      [`${resources}.storage`]: [{ name: "data", size: "1Gi", attributes: { persistent: true } }],
      [`${service}.params`]: { storage: { data: { mount: "/data" } } },
    },
  },
  {
    code: "MANIFEST_HTTP_ONLY",
    path: "services.api.expose[0].accept",
    text: PROVIDER,
    changes: { "services.api.expose[0].as": 8_080, "services.api.expose[0].http_options": undefined },
  },
  {
    code: "MANIFEST_TCP_ONLY",
    path: `${service}.expose[0].proxy_protocol`,
    changes: { [`${service}.expose[0].proxy_protocol`]: "v2", [`${service}.expose[0].proto`]: "udp" },
    valid: { [`${service}.expose[0].proxy_protocol`]: "v2", [`${service}.expose[0].proto`]: "tcp" },
  },
  {
    code: "MANIFEST_TCP_ONLY",
    path: "services.db.expose[0].proxy_protocol",
    text: PROVIDER,
    changes: { "services.db.expose[0].proxy_protocol": "v1" },
  },
  {
    code: "MANIFEST_TCP_ONLY",
    path: "services.api.expose[0].proxy_protocol",
    text: PROVIDER,
    changes: { "services.api.expose[0].proxy_protocol": "v1" },
  },
  {
    code: "MANIFEST_RESOURCES_TOO_LARGE",
    path: "profiles.compute",
    text: PROVIDER,
    changes: { "profiles.compute.api.resources.memory.size": "2Ei" },
    valid: { "profiles.compute.api.resources.memory.size": "1Ti" },
  },
  {
    code: "MANIFEST_TOO_MANY_ENDPOINTS",
    path: "services",
    changes: { [`${service}.expose[0].port_range`]: "9000-9255" },
    valid: { [`${service}.expose[0].port_range`]: "9000-9254" },
  },
];
