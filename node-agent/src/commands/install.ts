import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ProtocolError } from "@fizz/protocol/errors";
import { replaceFileSync } from "@fizz/protocol/keystore";
import { type Config, serviceSettings } from "../config.ts";
import {
  composeFile,
  CONTAINER_DATA_DIR,
  envFile,
  type ServicePlace,
  systemdUnit,
} from "../domain/service-files.ts";
import { type CommandContext } from "./context.ts";
import { COMPOSE_FILES, marked, stateOfFile, SYSTEMD_FILES } from "./owned-file.ts";

const UNIX = "unix://";
/** Settings that are, or may be, paths; and those that are addresses. */
const PATHS = ["FIZZ_NODE_KEY_FILE", "FIZZ_NODE_PRICES", "FIZZ_NODE_PRICE_SCRIPT"];
const URLS = ["FIZZ_RPC_URL", "FIZZ_NODE_GATEWAY"];
const LOOPBACK = /^(localhost|127\..*|\[::1\])$/;
const UNIT_MODE = 0o644;
const PROGRAM_DIR = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

export interface InstallOptions {
  readonly systemd: boolean;
  readonly compose: boolean;
  /** Writes nothing. */
  readonly print: boolean;
  /** Account of the service; `fizz`, or for Compose whom the data folder belongs to. */
  readonly user: string | undefined;
  /** Folder in which the machine's files are; `/` unless told. */
  readonly root?: string;
  /** Raw settings; those of the environment unless told. */
  readonly settings?: Readonly<Record<string, string>>;
}

interface ServiceFile {
  readonly path: string;
  readonly text: string;
  readonly isPrivate: boolean;
}

/**
 * Writes, or prints, what a service manager needs to run this node.
 *
 * @throws ProtocolError USAGE, CONFIG_INVALID for settings that no service can have, and for a file that it did not write
 */
export async function install({ config, print }: CommandContext, options: InstallOptions): Promise<number> {
  if (options.systemd === options.compose)
    throw new ProtocolError("USAGE", "Say either --systemd or --compose.");
  const files = options.systemd ? systemdFiles(config, options) : composeFiles(config, options);
  for (const { path, text } of files) if (options.print) print(`# ${path}\n${text}`);
  if (options.print) return await Promise.resolve(0);
  // All are looked at before one is written.
  for (const { path } of files) requireOwn(path);
  for (const file of files) {
    write(file);
    print(`Wrote ${file.path}`);
  }
  for (const line of options.systemd ? systemdNext(config, options) : COMPOSE_NEXT) print(line);
  return 0;
}

function systemdFiles(config: Config, options: InstallOptions): ServiceFile[] {
  const { root = "/", user = "fizz" } = options;
  const [unitPath, envPath] = SYSTEMD_FILES;
  const place = { ...placeOf(config), envFile: envPath, account: user };
  return [
    { path: join(root, unitPath), text: marked(systemdUnit(place)), isPrivate: false },
    { path: join(root, envPath), text: marked(settingsOf(config, options)), isPrivate: true },
  ];
}

function composeFiles(config: Config, options: InstallOptions): ServiceFile[] {
  const place = placeOf(config);
  if (!config.DOCKER_HOST.startsWith(UNIX))
    throw new ProtocolError("CONFIG_INVALID", "Compose needs DOCKER_HOST to be a socket of this machine.");
  const account = options.user ?? ownerOf(place.dataDir);
  const [composePath, envPath] = COMPOSE_FILES.map((name) => join(place.dataDir, name)) as [string, string];
  const file = composeFile({ ...place, envFile: envPath, account }, config.DOCKER_HOST.slice(UNIX.length));
  return [
    { path: composePath, text: marked(file), isPrivate: true },
    { path: envPath, text: marked(settingsOf(config, inContainer(config, options))), isPrivate: true },
  ];
}

/** Settings as the agent reads them in its container. @throws ProtocolError CONFIG_INVALID for what is not seen from there */
function inContainer(config: Config, options: InstallOptions): InstallOptions {
  const settings = { ...(options.settings ?? serviceSettings()) };
  for (const [name, value] of Object.entries(settings)) {
    if (URLS.includes(name) && LOOPBACK.test(new URL(value).hostname))
      throw new ProtocolError(
        "CONFIG_INVALID",
        `${name} is on this machine's loopback, which a container does not see.`,
      );
    if (!PATHS.includes(name) || value.trimStart().startsWith("{")) continue;
    const within = relative(resolve(config.FIZZ_NODE_DATA_DIR), resolve(value));
    if (within.startsWith("..") || isAbsolute(within))
      throw new ProtocolError(
        "CONFIG_INVALID",
        `${name} must be in the data folder: its container sees no other.`,
      );
    settings[name] = `${CONTAINER_DATA_DIR}/${within}`;
  }
  return { ...options, settings };
}

/** Paths that the service gets elsewhere are left out, and so are secrets. */
function settingsOf(config: Config, { settings = serviceSettings() }: InstallOptions): string {
  return envFile({ ...settings, FIZZ_CONTRACTS: JSON.stringify(config.FIZZ_CONTRACTS) });
}

/** @throws ProtocolError CONFIG_INVALID where nobody could give the password */
function placeOf(config: Config): Omit<ServicePlace, "envFile" | "account"> {
  const passwordFile = config.FIZZ_NODE_PASSWORD_FILE;
  if (passwordFile === undefined)
    throw new ProtocolError(
      "CONFIG_INVALID",
      "A service has nobody to ask for the password: set FIZZ_NODE_PASSWORD_FILE to a file (mode 0600) that holds it.",
    );
  return {
    programDir: PROGRAM_DIR,
    nodePath: process.execPath,
    dataDir: resolve(config.FIZZ_NODE_DATA_DIR),
    passwordFile: resolve(passwordFile),
    socketGroup: socketGroupOf(config.DOCKER_HOST),
  };
}

/** The number of the socket's group; root's is never given away. */
function socketGroupOf(host: string): string {
  const path = host.startsWith(UNIX) ? host.slice(UNIX.length) : "";
  const gid = existsSync(path) ? statSync(path).gid : 0;
  return gid === 0 ? "docker" : gid.toString();
}

/** @throws ProtocolError CONFIG_INVALID */
function ownerOf(dataDir: string): string {
  if (!existsSync(dataDir))
    throw new ProtocolError("CONFIG_INVALID", `There is no ${dataDir}. Run: npm run node -- init`);
  const { uid, gid } = statSync(dataDir);
  return `${uid}:${gid}`;
}

function requireOwn(path: string): void {
  if (stateOfFile(path) !== "foreign") return;
  const message = `${path} was not written by install, or was changed since. Move it away, or take over by hand what --print prints.`;
  throw new ProtocolError("CONFIG_INVALID", message);
}

function write({ path, text, isPrivate }: ServiceFile): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFileSync(path, text);
    if (!isPrivate) chmodSync(path, UNIT_MODE);
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", `${path} cannot be written: does this account own it?`, {
      cause,
    });
  }
}

function systemdNext(config: Config, { user = "fizz" }: InstallOptions): string[] {
  const dataDir = resolve(config.FIZZ_NODE_DATA_DIR);
  return [
    `Next: chown -R ${user} "${dataDir}"; systemctl daemon-reload; systemctl enable --now fizz-node`,
    "The account that runs it must be in the group of the Docker socket only through this unit: that group is root here.",
  ];
}

const COMPOSE_NEXT = [
  "Next: docker compose up -d --build, in the data folder.",
  "Then: docker exec fizz-node fizz-node doctor; and so each command to that agent.",
];
