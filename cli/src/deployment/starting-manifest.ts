import { ProtocolError } from "@fizz/protocol/errors";
import { type Mode, parseManifest } from "@fizz/protocol/manifest";

export interface Start {
  readonly mode: Mode;
  readonly name: string;
  readonly image: string;
  /** As it was typed. */
  readonly port: string;
}

const FORMS: readonly (readonly [keyof Start, RegExp, string])[] = [
  ["name", /^[a-z0-9-]{1,63}$/, "lower case letters, digits and hyphens, such as my-app"],
  ["image", /^[\w.:/@-]{1,512}$/, "an image reference, such as ghcr.io/owner/name:1.2.3"],
  ["port", /^[1-9]\d{0,4}$/, "a number from 1 to 65535"],
];

/**
 * A manifest with a comment at each field, which is valid as it stands.
 *
 * @throws ProtocolError USAGE when a value cannot stand in a manifest.
 */
export function startingManifest(start: Start): string {
  for (const [field, form, allowed] of FORMS)
    if (!form.test(start[field])) throw new ProtocolError("USAGE", `--${field} takes ${allowed}.`);
  const text = start.mode === "fizz" ? fizzManifest(start) : providerManifest(start);
  const parsed = parseManifest(text);
  const issue = parsed.ok ? undefined : parsed.issues.find(({ severity }) => severity === "error");
  if (issue !== undefined) throw new ProtocolError("USAGE", `${issue.message} [${issue.code}]`);
  return text;
}

function fizzManifest(start: Start): string {
  return manifest(start, {
    title: "Runs on a community machine. Its owner can read what runs there: no secrets here.",
    expose: `      # The port on which the program listens; not 80 or 443. The world reaches it at a public port of the gateway.
      - port: ${start.port}
        # as: ${start.port}                # a wished public port`,
    duration: "1h",
    storage: `        # The container's own disk. It ends with the container.
        storage:
          size: 1Gi`,
    tier: "",
  });
}

function providerManifest(start: Start): string {
  return manifest(start, {
    title: "Runs at a provider: HTTPS by host name, persistent volumes, several GPUs.",
    expose: `      # The port on which the program listens. as: 80 makes the gateway route it by host name.
      - port: ${start.port}
        as: 80
        # accept: [www.example.org]  # host names of your own`,
    duration: "1d",
    storage: `        # The container's own disk. A volume that outlives the container has a name, and params.storage mounts it:
        # - {name: data, size: 10Gi, attributes: {persistent: true, class: beta3}}
        storage:
          - size: 1Gi`,
    tier: "  # Trust tiers of providers: secured, community, or one of secured-1 to community-4. Left out, any.\n  # tier: [secured]\n",
  });
}

interface Parts {
  readonly title: string;
  readonly expose: string;
  readonly duration: string;
  readonly storage: string;
  readonly tier: string;
}

function manifest(start: Start, parts: Parts): string {
  return [services(start, parts), profiles(start, parts), deployment(start)].join("\n");
}

function services({ name, image }: Start, { title, expose }: Parts): string {
  return `# ${title}
# Check: fizz manifest validate FILE. Deploy: fizz deployment create FILE.
version: "1.0"

services:
  ${key(name)}:
    # Name a version: a node keeps what it has pulled.
    image: ${image}
    # command: ["/bin/program"]      # instead of the image's entrypoint
    # args: ["--flag"]               # instead of the image's arguments
    env:
      - GREETING=Hello
    expose:
${expose}
        to:
          - global: true
`;
}

function profiles({ name, mode }: Start, { duration, storage, tier }: Parts): string {
  return `profiles:
  name: ${key(name)}
  mode: ${mode}
  # How long to lease: s, min, h, d, mon (30 d) or y. Unused time is paid back.
  duration: ${duration}
${tier}  compute:
    # What one replica takes.
    ${key(name)}:
      resources:
        cpu:
          units: 0.5
        memory:
          size: 256Mi
${storage}
        # gpu: {units: 1, attributes: {vendor: {nvidia: [{model: rtx4090}]}}}
  placement:
    anywhere:
      # attributes: {region: germany;france}
      pricing:
        # The most that one replica may cost per hour.
        ${key(name)}:
          token: ETH
          amount: 0.0005
`;
}

function deployment({ name }: Start): string {
  return `deployment:
  ${key(name)}:
    anywhere:
      profile: ${key(name)}
      # Replicas.
      count: 1
`;
}

/** A name that YAML would take for something else is put in quotes. */
function key(name: string): string {
  return /^[a-z][a-z0-9-]*$/.test(name) && !/^(?:null|true|false)$/.test(name) ? name : `"${name}"`;
}
