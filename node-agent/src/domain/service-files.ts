import { ProtocolError } from "@fizz/protocol/errors";

/** What a service file says of a machine. Paths are absolute. */
export interface ServicePlace {
  /** Folder of the project. */
  readonly programDir: string;
  /** The Node.js that runs it. */
  readonly nodePath: string;
  readonly dataDir: string;
  readonly envFile: string;
  readonly passwordFile: string;
  /** Account of the service, never root: a name, or for Compose `uid:gid`. */
  readonly account: string;
  /** Group of the Docker socket: its name or number. */
  readonly socketGroup: string;
}

/** Of the agent in its container. */
export const CONTAINER_DATA_DIR = "/data";
/** Of the agent's container, by which its engine knows it. */
const CONTAINER = "fizz-node";
/** Where its helper listens; a volume, and so on the engine's disk. */
const RUN_DIR = "/run/fizz";

const HOMES = /^\/(home|root|run\/user)(\/|$)/;
const STATE_DIRECTORY = /^\/var\/lib\/([a-zA-Z0-9][a-zA-Z0-9_.-]*)$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

const HARDENING = `NoNewPrivileges=true
CapabilityBoundingSet=
ProtectSystem=strict
PrivateTmp=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
ProtectHostname=true
LockPersonality=true
RestrictSUIDSGID=true
RestrictRealtime=true
RestrictNamespaces=true
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native`;

/** A unit of systemd that serves leases. @throws ProtocolError CONFIG_INVALID for a path or account that it cannot hold */
export function systemdUnit(place: ServicePlace): string {
  requireWritable(place);
  const { programDir, nodePath, dataDir, envFile, passwordFile, account, socketGroup } = place;
  const data = word(`FIZZ_NODE_DATA_DIR=${dataDir}`);
  return `[Unit]
Description=Fizz node
After=network-online.target docker.service
Wants=network-online.target docker.service

[Service]
User=${account}
# The Docker socket is root on this machine: see node-agent/README.md.
SupplementaryGroups=${socketGroup}
EnvironmentFile=${percents(envFile)}
LoadCredential=password:${percents(passwordFile)}
Environment=${data} FIZZ_NODE_PASSWORD_FILE=%d/password
WorkingDirectory=${percents(programDir)}
# These, the option and the one file that launch.js looks for save some 100 MiB of memory: as npm run node does it.
Environment=NODE_COMPILE_CACHE=/var/cache/fizz-node MALLOC_ARENA_MAX=2
CacheDirectory=fizz-node
ExecStart=${argument(nodePath)} --max-semi-space-size=8 --no-allocation-site-pretenuring scripts/launch.js node-agent start
Restart=on-failure
RestartSec=5
${folderLines(place).join("\n")}
UMask=0077
TimeoutStopSec=30
${HARDENING}

[Install]
WantedBy=multi-user.target
`;
}

/** How the service reaches its folder and its program although all else is closed to it. */
function folderLines({ dataDir, programDir, nodePath }: ServicePlace): string[] {
  const [, name] = STATE_DIRECTORY.exec(dataDir) ?? [];
  const programs = [programDir, nodePath].filter((path) => HOMES.test(path));
  const isHome = HOMES.test(dataDir);
  const home = programs.length > 0 || isHome ? "ProtectHome=tmpfs" : "ProtectHome=true";
  const shown = programs.map((path) => `BindReadOnlyPaths=${word(path)}`);
  if (name !== undefined) return [home, ...shown, `StateDirectory=${name}`, "StateDirectoryMode=0700"];
  return [home, ...shown, `${isHome ? "BindPaths" : "ReadWritePaths"}=${word(dataDir)}`];
}

/** A Compose file that serves leases. @throws ProtocolError CONFIG_INVALID */
export function composeFile(place: ServicePlace, socketPath: string): string {
  requireWritable(place);
  const { programDir, dataDir, envFile, passwordFile, account, socketGroup } = place;
  const build = `build: { context: ${text(programDir)}, dockerfile: node-agent/Dockerfile }`;
  return `services:
  node:
    container_name: ${CONTAINER}
    image: fizz/node-agent:1
    ${build}
    depends_on: [reach]
${confined(account)}
    # The Docker socket is root on this machine: see node-agent/README.md.
    group_add: [${text(socketGroup)}]
    tmpfs: ["/tmp:size=64m,mode=1777"]
    pids_limit: 512
    env_file: [${text(envFile)}]
    environment:
      FIZZ_NODE_DATA_DIR: ${CONTAINER_DATA_DIR}
      FIZZ_NODE_PASSWORD_FILE: /run/secrets/password
      FIZZ_NODE_CONTAINER: ${CONTAINER}
      FIZZ_NODE_REACH: ${RUN_DIR}/reach.sock
      FIZZ_NODE_ENGINE_FOLDER: ${RUN_DIR}
      DOCKER_HOST: unix:///var/run/docker.sock
      MALLOC_ARENA_MAX: "2"
    volumes:
      - { type: bind, source: ${text(dataDir)}, target: ${CONTAINER_DATA_DIR} }
      - { type: bind, source: ${text(socketPath)}, target: /var/run/docker.sock }
      - { type: volume, source: run, target: ${RUN_DIR} }
    secrets: [password]
    # Also when the machine was shut down cleanly; not after an owner stopped it.
    restart: unless-stopped
    stop_grace_period: 30s
${reachService(account, build)}
volumes:
  run: {}
secrets:
  password:
    file: ${text(passwordFile)}
`;
}

/** Its account is the agent's: both use one socket. */
function reachService(account: string, build: string): string {
  return `  # Connects the agent to containers, from the machine's network, and has nothing else: no Docker socket, no data, no key.
  reach:
    container_name: ${CONTAINER}-reach
    image: fizz/node-agent:1
    ${build}
    entrypoint: [fizz-node-reach, ${RUN_DIR}/reach.sock]
    network_mode: host
${confined(account)}
    pids_limit: 64
    volumes:
      - { type: volume, source: run, target: ${RUN_DIR} }
    restart: unless-stopped`;
}

function confined(account: string): string {
  return `    user: ${text(account)}
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]`;
}

/**
 * Settings, one a line, as systemd and Compose both read them: in single quotes nothing stands for anything else.
 *
 * @throws ProtocolError CONFIG_INVALID for a value with a single quote or a control character
 */
export function envFile(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (CONTROL.test(value) || value.includes("'"))
        throw invalid(`${name} has a single quote, a line end or a control character`);
      return `${name}='${value}'\n`;
    })
    .join("");
}

function requireWritable(place: ServicePlace): void {
  for (const [name, value] of Object.entries(place) as [string, string][])
    if (CONTROL.test(value)) throw invalid(`${name} has a line end or a control character`);
  if (!/^[a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,63}$/.test(place.account)) throw invalid("the account is no name");
  if (/^(root|0)(:|$)/.test(place.account)) throw invalid("the service must not run as root");
  if (/[:\\]/.test(place.dataDir)) throw invalid("the data folder has a colon or a backslash in its path");
}

function invalid(problem: string): ProtocolError {
  return new ProtocolError("CONFIG_INVALID", `No service file can be written: ${problem}.`);
}

/** Of systemd: a percent sign begins a specifier. */
function percents(value: string): string {
  return value.replaceAll("%", "%%");
}

/** Of systemd: one word of a list. */
function word(value: string): string {
  return `"${percents(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Of systemd: one argument of a command, in which a dollar sign begins a variable. */
function argument(value: string): string {
  return word(value).replaceAll("$", "$$$$");
}

/** Of Compose: a string of YAML, in which a dollar sign begins a variable. */
function text(value: string): string {
  return JSON.stringify(value).replaceAll("$", "$$$$");
}
