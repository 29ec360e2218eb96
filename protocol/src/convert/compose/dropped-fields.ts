import { type ConvertCode } from "../codes.ts";
import { type Spot } from "../spot.ts";

type Reason = readonly [code: ConvertCode, message: string];

const COSMETIC: Reason = [
  "CONVERT_FIELD_DROPPED",
  "A manifest has nothing for this field, and the program can do without.",
];
const RIGHTS: Reason = ["CONVERT_PRIVILEGE", "A node gives a container no rights on its machine."];
const KERNEL: Reason = [
  "CONVERT_FIELD_DROPPED",
  "The node's owner decides this; the program must run with what it finds.",
];
const NETWORK: Reason = [
  "CONVERT_NETWORK",
  "Services of a lease share one private network and find each other by service name.",
];
const IMAGE: Reason = ["CONVERT_FIELD_DROPPED", "A manifest cannot change this; set it in the image."];
const FILES: Reason = [
  "CONVERT_SECRET",
  "A manifest carries no files. Put the content into the image, or the value into env.",
];

/** Fields of a service that have no counterpart, each with what a person should know. */
const dropped: Readonly<Record<string, Reason>> = {
  annotations: COSMETIC,
  attach: COSMETIC,
  label_file: COSMETIC,
  labels: [
    "CONVERT_FIELD_DROPPED",
    "A node reads no labels; a proxy that finds services by labels finds none.",
  ],
  logging: ["CONVERT_FIELD_DROPPED", "`fizz deployment logs` shows what the program prints."],
  init: COSMETIC,
  stdin_open: COSMETIC,
  tty: COSMETIC,
  stop_grace_period: COSMETIC,
  stop_signal: IMAGE,
  user: IMAGE,
  working_dir: IMAGE,
  group_add: IMAGE,
  read_only: COSMETIC,
  platform: KERNEL,
  isolation: KERNEL,
  sysctls: KERNEL,
  ulimits: KERNEL,
  pids_limit: KERNEL,
  oom_kill_disable: KERNEL,
  oom_score_adj: KERNEL,
  mem_swappiness: KERNEL,
  memswap_limit: KERNEL,
  blkio_config: KERNEL,
  cpu_percent: KERNEL,
  cpu_period: KERNEL,
  cpu_quota: KERNEL,
  cpu_rt_period: KERNEL,
  cpu_rt_runtime: KERNEL,
  cpu_shares: KERNEL,
  cpuset: KERNEL,
  storage_opt: KERNEL,
  privileged: RIGHTS,
  cap_add: RIGHTS,
  cap_drop: RIGHTS,
  security_opt: RIGHTS,
  devices: RIGHTS,
  device_cgroup_rules: RIGHTS,
  cgroup: RIGHTS,
  cgroup_parent: RIGHTS,
  ipc: RIGHTS,
  pid: RIGHTS,
  uts: RIGHTS,
  userns_mode: RIGHTS,
  credential_spec: RIGHTS,
  use_api_socket: RIGHTS,
  container_name: NETWORK,
  hostname: NETWORK,
  domainname: NETWORK,
  dns: NETWORK,
  dns_opt: NETWORK,
  dns_search: NETWORK,
  external_links: NETWORK,
  extra_hosts: NETWORK,
  mac_address: NETWORK,
  secrets: FILES,
  configs: FILES,
  env_file: ["CONVERT_ENV_FILE", "Files with variables are not read. Write what the program needs into env."],
  healthcheck: [
    "CONVERT_HEALTHCHECK",
    "A node checks by TCP or HTTP, not by a program in the container: say what it is to ask under health.",
  ],
  volumes_from: ["CONVERT_VOLUME_SHARED", "A volume belongs to one replica of one service."],
  develop: COSMETIC,
  post_start: COSMETIC,
  pre_stop: COSMETIC,
  provider: [
    "CONVERT_FIELD_DROPPED",
    "A program outside of the containers provides this service; a node runs containers only.",
  ],
  models: ["CONVERT_FIELD_DROPPED", "A node runs containers only. Run the model as a service of its own."],
};

/** Fields that are read elsewhere. */
const READ = new Set([
  "image",
  "build",
  "command",
  "entrypoint",
  "environment",
  "ports",
  "expose",
  "volumes",
  "tmpfs",
  "shm_size",
  "depends_on",
  "links",
  "networks",
  "network_mode",
  "deploy",
  "scale",
  "cpus",
  "cpu_count",
  "mem_limit",
  "mem_reservation",
  "gpus",
  "runtime",
  "pull_policy",
  "profiles",
  "extends",
  "restart",
]);

/** Reports the fields of a service that nobody reads. */
export function reportDropped(service: Spot): void {
  for (const field of service.entries()) {
    if (READ.has(field.name) || field.tree.kind === "nothing") continue;
    const reason = Object.hasOwn(dropped, field.name) ? dropped[field.name] : undefined;
    if (reason === undefined) reportUnknown(field);
    else if (field.text !== "false") {
      const [code, message] = reason;
      field.note(code, { done: "left out", message });
    }
  }
}

/** Reports every field of a map but the known ones. */
export function reportOthers(spot: Spot | undefined, known: readonly string[], message: string): void {
  for (const field of spot?.entries() ?? [])
    if (!known.includes(field.name) && field.tree.kind !== "nothing")
      field.note("CONVERT_FIELD_DROPPED", { done: "left out", message });
}

function reportUnknown(field: Spot): void {
  field.note("CONVERT_FIELD_UNKNOWN", {
    found: field.name.slice(0, 80),
    done: "left out",
    message: `The Compose Specification has no field "${field.name.slice(0, 80)}" here.`,
  });
}
