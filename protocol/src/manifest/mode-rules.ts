import { type Finding, type Path } from "./issue.ts";
import { type ModeRules, modeTable } from "./mode-table.ts";
import { type OpenExpose, type OpenPart, type OpenService } from "./open-part.ts";
import { replicaSums, totalSums } from "./resources.ts";
import { type Mode } from "./types.ts";

const MIB = 1_024n ** 2n;
const GIB = 1_024n ** 3n;

/** Holds an open part against the table of its mode. */
export function checkMode(openPart: OpenPart): Finding[] {
  const rules = modeTable[openPart.mode];
  return [
    ...openPart.services.flatMap((service) => [
      ...service.expose.flatMap((run, index) =>
        checkExpose(openPart.mode, run, ["services", service.name, "expose", index]),
      ),
      ...checkResources(openPart.mode, service),
    ]),
    ...checkPlacement(openPart, rules),
    ...checkLimits(openPart, rules),
  ];
}

function checkExpose(mode: Mode, run: OpenExpose, path: Path): Finding[] {
  const rules = modeTable[mode];
  const fields = [
    { field: "port_range", at: "port", used: run.lastPort > run.firstPort, offered: rules.portRange },
    {
      field: "use_public_port",
      at: "use_public_port",
      used: run.usePublicPort,
      offered: rules.usePublicPort,
    },
    { field: "ip", at: "to", used: run.ip !== null, offered: rules.leasedIp },
    { field: "accept", at: "accept", used: run.accept.length > 0, offered: rules.customHosts },
    { field: "http_options", at: "http_options", used: run.http !== null, offered: rules.httpOptions },
  ];
  const used = fields.filter((row) => row.used);
  return [
    ...refusedPorts(rules, run, path),
    ...used.filter((row) => !row.offered).map((row) => notInMode(mode, [...path, row.at], row.field)),
    ...used.filter((row) => row.offered).flatMap((row) => checkRouted(run, [...path, row.at], row.field)),
    ...checkProxyProtocol(run, [...path, "proxy_protocol"]),
  ];
}

function checkProxyProtocol(run: OpenExpose, path: Path): Finding[] {
  if (run.proxyProtocol === undefined || (run.protocol === "tcp" && run.global)) return [];
  const found = run.global ? `a port for ${run.protocol}` : "a port that is not public";
  return [
    {
      ...error("MANIFEST_TCP_ONLY", path),
      found: `proxy_protocol on ${found}`,
      allowed: "proto: tcp with to: [{global: true}], not on public port 80 or 443 in provider mode",
      message:
        "Only a public TCP connection can begin with a PROXY header. Remove proxy_protocol from this port.",
    },
  ];
}

/** Fields that only mean something together with another one. */
function checkRouted(run: OpenExpose, path: Path, field: string): Finding[] {
  if (field === "ip" && !run.global)
    return [
      {
        ...error("MANIFEST_TO_INVALID", path),
        found: `ip: ${run.ip ?? ""} without global: true`,
        allowed: "ip together with global: true",
        message: "A leased address is public: say global: true as well.",
      },
    ];
  const routed = run.protocol === "http" || run.protocol === "https";
  if (routed || (field !== "accept" && field !== "http_options")) return [];
  return [
    {
      ...error("MANIFEST_HTTP_ONLY", path),
      found: `${field} on a port that is not HTTP`,
      allowed: "as: 80 or as: 443, with to: [{global: true}]",
      message: `"${field}" works only where the gateway routes HTTP: on public port 80 or 443.`,
    },
  ];
}

function refusedPorts(rules: ModeRules, run: OpenExpose, path: Path): Finding[] {
  const findings: Finding[] = [];
  const length = run.lastPort - run.firstPort;
  const inside = (first: number, port: number): boolean => port >= first && port <= first + length;
  for (const port of rules.refusedPorts) {
    if (inside(run.firstPort, port)) findings.push(refusedPort(port, [...path, "port"]));
    if (run.wishedPort !== run.firstPort && inside(run.wishedPort, port))
      findings.push(refusedPort(port, [...path, "as"]));
  }
  return findings;
}

function refusedPort(port: number, path: Path): Finding {
  return {
    ...error("MANIFEST_FIZZ_PORT", path),
    found: String(port),
    allowed: "any port but 80 and 443",
    message: `Port ${port} is not available in Fizz mode. Let the program listen on another port, such as ${port === 80 ? 8080 : 8443}.`,
    suggestion: String(port === 80 ? 8_080 : 8_443),
  };
}

function checkResources(mode: Mode, service: OpenService): Finding[] {
  const rules = modeTable[mode];
  const { volumes, gpu, arm64Models } = service.resources;
  const path: Path = ["services", service.name, "resources"];
  const findings: Finding[] = volumes.flatMap((volume) => {
    const refused =
      volume.class === "ram" ? !rules.sharedMemory : volume.persistent && !rules.persistentVolumes;
    return refused
      ? [
          {
            ...error("MANIFEST_FIZZ_STORAGE", [...path, "storage"]),
            found: `${volume.name}: class ${volume.class}`,
            allowed: "storage without class and persistent",
            message: `${volume.class === "ram" ? "Shared memory is" : "Persistent volumes are"} not available in Fizz mode. Remove the attributes of volume "${volume.name}", or use provider mode.`,
          },
        ]
      : [];
  });
  if (arm64Models !== null && !rules.appleChips) findings.push(notInMode(mode, [...path, "cpu"], "arch"));
  if (gpu?.requiredVram != null && !rules.requiredVram)
    findings.push(notInMode(mode, [...path, "gpu"], "req_vram"));
  return findings;
}

function checkPlacement(openPart: OpenPart, rules: ModeRules): Finding[] {
  const { placement, mode } = openPart;
  const findings: Finding[] = [];
  const refuse = (field: string): void => void findings.push(notInMode(mode, ["placement", field], field));
  if (placement.minBandwidthMbps > 0 && !rules.bandwidth) refuse("bandwidth");
  if (placement.desiredFizz.length > 0 && !rules.fizzSelection) refuse("desired_fizz");
  if (placement.excludedFizz.length > 0 && !rules.fizzSelection) refuse("fizz_exclude");
  return findings;
}

function checkLimits(openPart: OpenPart, { limits }: ModeRules): Finding[] {
  if (limits === null) return [];
  const sums = totalSums(openPart);
  const rows: readonly LimitRow[] = [
    {
      name: "cpu",
      sum: BigInt(sums.milliCpu),
      limit: BigInt(limits.milliCpu),
      show: (value) => `${value.toString()}m`,
    },
    { name: "memory", sum: sums.memoryBytes, limit: limits.memoryBytes, show: showSize },
    { name: "storage", sum: sums.storageBytes, limit: limits.storageBytes, show: showSize },
    { name: "gpu", sum: BigInt(sums.gpuUnits), limit: BigInt(limits.gpuUnits), show: String },
  ];
  return rows
    .filter((row) => row.sum > row.limit)
    .map((row) => ({
      ...error("MANIFEST_FIZZ_LIMIT", ["services", heaviest(openPart, row.name), "resources", row.name]),
      found: row.show(row.sum),
      allowed: `at most ${row.show(row.limit)}`,
      message: `All services times their count take ${row.show(row.sum)} of ${row.name}; a Fizz deployment may take ${row.show(row.limit)}.`,
    }));
}

interface LimitRow {
  readonly name: "cpu" | "memory" | "storage" | "gpu";
  readonly sum: bigint;
  readonly limit: bigint;
  readonly show: (value: bigint) => string;
}

/** Name of the service that takes most of a resource: where a reader should begin. */
function heaviest(openPart: OpenPart, resource: LimitRow["name"]): string {
  const pick = { cpu: "milliCpu", memory: "memoryBytes", storage: "storageBytes", gpu: "gpuUnits" } as const;
  let most = { name: "", amount: -1n };
  for (const service of openPart.services) {
    const amount = BigInt(replicaSums(service)[pick[resource]]) * BigInt(service.count);
    if (amount > most.amount) most = { name: service.name, amount };
  }
  return most.name;
}

function showSize(bytes: bigint): string {
  return bytes % GIB === 0n ? `${(bytes / GIB).toString()}Gi` : `${((bytes + MIB - 1n) / MIB).toString()}Mi`;
}

function notInMode(mode: Mode, path: Path, field: string): Finding {
  const other = mode === "fizz" ? "provider" : "fizz";
  return {
    ...error("MANIFEST_NOT_IN_MODE", path),
    found: `${field} in ${mode} mode`,
    allowed: `${field} only in ${other} mode`,
    message: `"${field}" is not available in ${mode} mode. Remove it, or set mode: ${other}.`,
  };
}

function error(code: Finding["code"], path: Path): Pick<Finding, "code" | "severity" | "path"> {
  return { code, severity: "error", path };
}
