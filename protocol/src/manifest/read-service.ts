import { Fields } from "./fields.ts";
import { MAX_ARGUMENTS, MAX_ENV_ENTRIES, MAX_EXPOSE_ENTRIES, MAX_SERVICES, MAX_VOLUMES } from "./limits.ts";
import { ENV_ENTRY, IMAGE, MOUNT_PATH, SERVICE_NAME, SHORT_TEXT, VOLUME_NAME } from "./patterns.ts";
import { type Place } from "./place.ts";
import { readExpose } from "./read-expose.ts";
import { readHealth } from "./read-health.ts";
import {
  readBoolean,
  readChoice,
  readList,
  readMatching,
  readNamed,
  readText,
  reportType,
} from "./readers.ts";
import { CREDENTIALS, DEPENDENCY, MOUNT, PARAMS, SERVICE } from "./shapes.ts";
import { type Credentials, type ManifestService, type Mount } from "./types.ts";

export const serviceNameForm = {
  code: "MANIFEST_NAME_INVALID",
  pattern: SERVICE_NAME,
  allowed: "lower case letters, digits and hyphens, at most 63, neither end a hyphen",
} as const;

export function readService(name: string, place: Place): ManifestService {
  const fields = new Fields(place, SERVICE);
  const expose = fields.optional("expose", (value) => readList(value, MAX_EXPOSE_ENTRIES, readExpose), []);
  const hasTcpPort = expose.some(({ protocol }) => protocol !== "udp");
  return {
    name,
    image: fields.required("image", readImage, ""),
    pullPolicy: fields.optional(
      "pull_policy",
      (value) => readChoice(value, ["Always", "IfNotPresent", "Never"]),
      null,
    ),
    command: fields.optional("command", readArguments, []),
    args: fields.optional("args", readArguments, []),
    env: fields.optional("env", readEnv, []),
    credentials: fields.optional("credentials", readCredentials, null),
    mounts: fields.optional("params", readParams, []),
    dependencies: fields.optional("dependencies", readDependencies, []),
    expose,
    health: fields.optional("health", (value) => readHealth(value, hasTcpPort), null),
  };
}

function readImage(place: Place): string {
  return readMatching(place, {
    code: "MANIFEST_IMAGE_INVALID",
    pattern: IMAGE,
    allowed: "an image reference such as ghcr.io/owner/name:1.2.3",
  });
}

function readArguments(place: Place): string[] {
  return readList(place.hidden(), MAX_ARGUMENTS, readText);
}

function readEnv(place: Place): string[] {
  const seen = new Map<string, true>();
  return readList(place.hidden(), MAX_ENV_ENTRIES, (item) => {
    const entry = readText(item);
    if (item.text === undefined) return entry;
    if (!ENV_ENTRY.test(entry)) {
      item.report("MANIFEST_ENV_INVALID", {
        found: item.quoted,
        allowed: "KEY=value, the key of letters, digits and underscores",
        message: "An environment entry is written KEY=value. For an empty value write KEY=.",
      });
      return entry;
    }
    const key = entry.slice(0, entry.indexOf("="));
    if (seen.has(key))
      item.report("MANIFEST_ENV_DUPLICATE", {
        found: key,
        allowed: "each variable once",
        message: `${key} is set twice. Remove one of the entries.`,
      });
    seen.set(key, true);
    return entry;
  });
}

function readCredentials(place: Place): Credentials {
  const fields = new Fields(place, CREDENTIALS);
  return {
    registry: fields.required("registry", readRegistry, ""),
    email: fields.optional("email", readShort, null),
    username: fields.required("username", readSecret, ""),
    password: fields.required("password", readSecret, ""),
  };
}

function readSecret(place: Place): string {
  const hidden = place.hidden();
  const text = readText(hidden);
  if (text === "" && hidden.text === "") reportType(hidden, "a text that is not empty");
  return text;
}

function readShort(place: Place): string {
  return readMatching(place, {
    code: "MANIFEST_TOO_LONG",
    pattern: SHORT_TEXT,
    allowed: "one line of at most 255 characters",
  });
}

function readRegistry(place: Place): string {
  return readMatching(place, {
    code: "MANIFEST_HOST_INVALID",
    pattern:
      /^(?:https?:\/\/)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._/-]{0,100})?$/,
    allowed: "the host of a registry, such as docker.io or ghcr.io",
  });
}

function readParams(place: Place): Mount[] {
  return new Fields(place, PARAMS).optional("storage", readMounts, []);
}

function readMounts(place: Place): Mount[] {
  const form = { max: MAX_VOLUMES, pattern: VOLUME_NAME, allowed: "letters, digits and hyphens" };
  return readNamed(place, form, (volume, value) => {
    const fields = new Fields(value, MOUNT);
    return {
      volume,
      path: fields.required("mount", readMountPath, ""),
      readOnly: fields.optional("readOnly", readBoolean, false),
    };
  });
}

function readMountPath(place: Place): string {
  return readMatching(place, {
    code: "MANIFEST_MOUNT_INVALID",
    pattern: MOUNT_PATH,
    allowed: "an absolute path such as /var/lib/data",
  });
}

function readDependencies(place: Place): string[] {
  return readList(place, MAX_SERVICES, (item) =>
    new Fields(item, DEPENDENCY).required("service", (value) => readMatching(value, serviceNameForm), ""),
  );
}
