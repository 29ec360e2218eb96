import { type Shape } from "./fields.ts";

/*
 * Every field of the language, map by map, with its other spellings. Readers and the JSON Schema follow these tables: a
 * field that is not here does not exist.
 */

export const MANIFEST = { version: [], services: [], profiles: [], deployment: [] } satisfies Shape;
export const PROFILES = {
  name: [],
  mode: [],
  duration: [],
  tier: ["tiers"],
  compute: [],
  placement: [],
} satisfies Shape;
export const COMPUTE = { resources: [] } satisfies Shape;
export const ASSIGNMENT = { profile: [], count: [] } satisfies Shape;

export const SERVICE = {
  image: [],
  pull_policy: [],
  command: [],
  args: [],
  env: [],
  credentials: [],
  params: [],
  dependencies: [],
  expose: [],
  health: [],
} satisfies Shape;
export const HEALTH = {
  port: [],
  path: [],
  interval: [],
  timeout: [],
  retries: [],
  start_period: [],
} satisfies Shape;
export const CREDENTIALS = { registry: ["host"], email: [], username: [], password: [] } satisfies Shape;
export const PARAMS = { storage: [] } satisfies Shape;
export const MOUNT = { mount: [], readOnly: [] } satisfies Shape;
export const DEPENDENCY = { service: [] } satisfies Shape;

export const EXPOSE = {
  port: [],
  as: [],
  port_range: [],
  port_range_as: [],
  use_public_port: [],
  proto: [],
  accept: [],
  to: [],
  http_options: [],
  proxy_protocol: [],
} satisfies Shape;
export const TARGET = { global: [], service: [], ip: [] } satisfies Shape;
export const HTTP_OPTIONS = {
  max_body_size: [],
  read_timeout: [],
  send_timeout: [],
  next_tries: [],
  next_timeout: [],
  next_cases: [],
} satisfies Shape;

export const RESOURCES = { cpu: [], memory: [], storage: [], gpu: [] } satisfies Shape;
export const CPU = { units: [], attributes: [] } satisfies Shape;
export const CPU_ATTRIBUTES = { arch: [] } satisfies Shape;
export const ARCH = { arm64: [] } satisfies Shape;
export const ARM64 = { model: [] } satisfies Shape;
export const MEMORY = { size: [] } satisfies Shape;
export const VOLUME = { name: [], size: [], attributes: [] } satisfies Shape;
export const VOLUME_ATTRIBUTES = { persistent: [], class: [] } satisfies Shape;

export const GPU = { units: [], attributes: [] } satisfies Shape;
export const GPU_ATTRIBUTES = { vendor: [], req_vram: [] } satisfies Shape;
export const VENDOR = { nvidia: [] } satisfies Shape;
export const GPU_MODEL = { model: [], ram: [], interface: [] } satisfies Shape;

export const PLACEMENT = { attributes: [], pricing: [] } satisfies Shape;
export const ATTRIBUTES = {
  region: [],
  region_exclude: ["exclude_region"],
  desired_provider: [],
  provider_exclude: ["exclude_provider"],
  desired_fizz: [],
  fizz_exclude: ["exclude_fizz"],
  bandwidth: [],
  cpu_model: [],
} satisfies Shape;
export const PRICE = { token: [], amount: [] } satisfies Shape;
