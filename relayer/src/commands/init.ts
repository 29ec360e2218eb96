import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { addressOfPublicKey, peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { generatePrivateKey } from "viem/accounts";
import { type Option } from "../config-option.ts";
import { CONFIG_OPTIONS } from "../config-options.ts";
import { presetSettings } from "../config.ts";
import { type CommandContext } from "./context.ts";

const DEFAULT_FILE = "gateway.yaml";
const KEY_FILE = "gateway.key";
const OWNER_ONLY = 0o600;
/** Keys of wallets, and passwords, belong into files of their own, or into the environment. */
const SECRETS = new Set(["key", "ownerKey", "databaseUrl"]);

/** Writes a configuration that explains itself, and a new key. Never over something that is there. */
export async function init({ configFile = DEFAULT_FILE, print }: CommandContext): Promise<number> {
  const path = resolve(configFile);
  const folder = dirname(path);
  const preset = presetSettings();
  const keyFile = resolve(preset["keyFile"] ?? join(folder, KEY_FILE));
  const needsKey = preset["key"] === undefined;
  for (const file of needsKey ? [path, keyFile] : [path])
    if (existsSync(file))
      throw new ProtocolError(
        "CONFIG_INVALID",
        `${file} is there already. Move it away, or name another file.`,
      );
  mkdirSync(folder, { recursive: true });
  const settings = { dataDir: join(folder, "data"), ...preset, ...(needsKey ? { keyFile } : {}) };
  writeFileSync(path, configText(settings), { mode: OWNER_ONLY, flag: "wx" });
  print(`Wrote ${path}.`);
  if (needsKey) {
    const key = generatePrivateKey();
    writeFileSync(keyFile, `${key}\n`, { mode: OWNER_ONLY, flag: "wx" });
    const publicKey = publicKeyOfPrivateKey(key);
    print(`Made a new key in ${keyFile} (mode 0600). Keep a copy in a safe place.`);
    print(`Operator: ${addressOfPublicKey(publicKey)}`);
    print(`Peer id:  ${peerIdOfPublicKey(publicKey)}`);
  }
  print(`Next: fill in what is empty, then run: npm run gateway -- doctor --config ${configFile}`);
  return await Promise.resolve(0);
}

/** Every setting with its meaning; those that have no value are comments. */
function configText(settings: Readonly<Record<string, string | undefined>>): string {
  const entry = ({ key, env, text, fallback }: Option): string => {
    const value = settings[key];
    const about = `# ${text} (${env}; default: ${fallback})`;
    if (value !== undefined && !SECRETS.has(key)) return `${about}\n${key}: ${written(key, value)}\n`;
    return `${about}\n${fallback === "required" ? `${key}:` : `# ${key}:`}\n`;
  };
  const head = "# A Fizz gateway. Environment variables win over this file; SIGHUP reads it again.\n";
  return [head, ...CONFIG_OPTIONS.map(entry)].join("\n");
}

/** JSON is YAML: nothing in a value can be taken for syntax. */
function written(key: string, value: string): string {
  return key === "contracts" ? value : JSON.stringify(value);
}
