import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { addressOfPublicKey, peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type KeptKey, type MadeKey } from "@fizz/protocol/keystore";
import { type Option } from "../config-option.ts";
import { CONFIG_OPTIONS } from "../config-options.ts";
import { givenSettings } from "../config.ts";
import { type CommandContext } from "./context.ts";
import { gatewayKeyOf, type KeySettings } from "./gateway-key.ts";

const DEFAULT_FILE = "gateway.yaml";
const KEY_FILE = "gateway.key";
const OWNER_ONLY = 0o600;
/** Passwords belong into the environment; where the owner's key is, is nothing for this machine to keep. */
const LEFT_OUT = new Set(["databaseUrl", "ownerKeystore", "ownerPasswordFile"]);

type InitSettings = KeySettings & Readonly<Record<string, string | undefined>>;

/**
 * Does what is missing: a configuration that explains itself, and a key, which is encrypted. A key that an earlier
 * gateway left as it is is encrypted in its place. Nothing else is written over.
 */
export async function init(context: CommandContext): Promise<number> {
  const { configFile = DEFAULT_FILE, print } = context;
  const path = resolve(configFile);
  const folder = dirname(path);
  const hasConfig = existsSync(path);
  const given = textsOf(givenSettings(hasConfig ? path : undefined));
  const standard = { dataDir: join(folder, "data"), keyFile: join(folder, KEY_FILE) };
  const settings: InitSettings = { ...standard, ...given };
  const key = gatewayKeyOf(context, settings);
  if (hasConfig) requireUnencrypted(key, path);
  mkdirSync(folder, { recursive: true });
  const made = await key.make();
  for (const line of keyLines(key, made)) print(line);
  if (settings.passwordFile === undefined) print(SERVICE_HINT);
  // Who keeps all settings in the environment wanted the key only.
  if (hasConfig || (made.outcome === "encrypted" && context.configFile === undefined)) return 0;
  writeFileSync(path, configText({ ...settings, keyFile: key.path }), { mode: OWNER_ONLY, flag: "wx" });
  print(`Wrote ${path}.`);
  print(`Next: fill in what is empty, then run: npm run gateway -- doctor --config ${configFile}`);
  return 0;
}

const SERVICE_HINT =
  "A service has nobody to ask: FIZZ_GATEWAY_PASSWORD_FILE names a file (mode 0600) with the password of the key.";

/** @throws ProtocolError CONFIG_INVALID when there is nothing left to make */
function requireUnencrypted(key: KeptKey, configPath: string): void {
  const file = key.look();
  if (file === undefined || "rawKey" in file) return;
  const message = `${configPath} is there already, and so is its key. Move it away, or name another file.`;
  throw new ProtocolError("CONFIG_INVALID", message);
}

function keyLines({ path }: KeptKey, made: MadeKey): string[] {
  if (made.outcome === "kept") return [`The key in ${path} stays as it is.`, `Operator: ${made.address}`];
  const publicKey = publicKeyOfPrivateKey(made.key);
  return [
    made.outcome === "made"
      ? `Made a new key in ${path}, encrypted with its password.`
      : `The key in ${path} is encrypted now. The disk, and backups, may still hold it as it was.`,
    `Operator: ${addressOfPublicKey(publicKey)}`,
    `Peer id:  ${peerIdOfPublicKey(publicKey)}`,
    "Keep the password and a copy of that file in a safe place: without either, the subnet has lost its gateway.",
  ];
}

/** What is no text is not read by anybody here. */
function textsOf(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(settings);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Every setting with its meaning; those that have no value are comments. */
function configText(settings: Readonly<Record<string, string | undefined>>): string {
  const entry = ({ key, env, text, fallback }: Option): string => {
    const value = settings[key];
    const about = `# ${text} (${env}; default: ${fallback})`;
    if (value !== undefined && !LEFT_OUT.has(key)) return `${about}\n${key}: ${written(key, value)}\n`;
    return `${about}\n${fallback === "required" ? `${key}:` : `# ${key}:`}\n`;
  };
  const head = "# A Fizz gateway. Environment variables win over this file; SIGHUP reads it again.\n";
  return [head, ...CONFIG_OPTIONS.map(entry)].join("\n");
}

/** JSON is YAML: nothing in a value can be taken for syntax. */
function written(key: string, value: string): string {
  return key === "contracts" ? value : JSON.stringify(value);
}
