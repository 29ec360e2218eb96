import { randomBytes } from "node:crypto";
import { type Cleanup, type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { requireCommand } from "../../../scripts/lib/run-command.ts";
import { ip, prefixOf, runIn } from "./ip.ts";

/**
 * How a router maps and filters (RFC 4787's words behind ours). All but `symmetric` keep the port for every
 * destination; `full` lets everybody in, `restricted` only hosts that were sent to, `port-restricted` only their ports.
 */
export type NatKind = "full" | "restricted" | "port-restricted" | "symmetric";

/** Two hosts behind routers of their own, and a gateway between them. */
export interface TwoNats extends Stoppable {
  readonly gateway: { readonly address: string; readonly prefix: readonly string[] };
  /** Where commands run: behind the router of a side, or on the public network beside it. */
  prefix(side: Side, where: "inside" | "public"): readonly string[];
  /** Makes the router of a side one of this kind; what goes through it already goes on. */
  setRouter(side: Side, kind: NatKind): Promise<void>;
  /** Drops everything between the two sides, and nothing of the gateway's; until a router is set again. */
  cutDirectPath(): Promise<void>;
  /** Drops everything that goes through the router of a side, until it is set again. */
  cutOff(side: Side): Promise<void>;
}

export type Side = "left" | "right";

interface Names {
  readonly host: string;
  readonly router: string;
  /** Stands on the public network itself. */
  readonly open: string;
  readonly lan: string;
  readonly wan: string;
}

/** Why there can be none here, or undefined. */
export function whyNoNamespaces(): string | undefined {
  const isRoot = process.platform === "linux" && process.getuid?.() === 0;
  return isRoot ? undefined : "network namespaces need root on Linux";
}

/** Needs root. Addresses are of 198.18.0.0/15, which is kept for such tests. */
export async function createTwoNats(): Promise<TwoNats> {
  return await withCleanupOnFailure(build);
}

async function build(cleanup: Cleanup): Promise<TwoNats> {
  // Interface names have at most 15 characters.
  const id = `fn${randomBytes(3).toString("hex")}`;
  const net = `198.19.${randomBytes(1)[0] ?? 0}`;
  const hub = `${id}hub`;
  const addNamespace = async (name: string): Promise<void> => {
    await ip(`netns add ${name}`);
    cleanup.defer(`namespace ${name}`, () => ip(`netns del ${name}`));
    await ip(`-n ${name} link set lo up`);
  };
  await addNamespace(hub);
  await ip(`-n ${hub} link add br0 type bridge`);
  await ip(`-n ${hub} link set br0 up`);
  const attach = async (name: string, link: string, address: string): Promise<void> => {
    await addNamespace(name);
    await ip(`link add ${link}o netns ${hub} type veth peer name ${link}i netns ${name}`);
    await ip(`-n ${hub} link set ${link}o master br0 up`);
    await ip(`-n ${name} addr add ${address}/24 dev ${link}i`);
    await ip(`-n ${name} link set ${link}i up`);
  };
  const gateway = `${id}gw`;
  await attach(gateway, `${id}g`, `${net}.2`);
  const sides = { left: namesOf(id, "l"), right: namesOf(id, "r") };
  for (const [index, side] of [sides.left, sides.right].entries()) {
    await attach(side.router, side.wan.slice(0, -1), `${net}.${10 + index}`);
    await attach(side.open, side.open, `${net}.${20 + index}`);
    await addNamespace(side.host);
    await addLan(side, `10.214.${index}`);
  }
  return {
    gateway: { address: `${net}.2`, prefix: prefixOf(gateway) },
    prefix: (side, where) => prefixOf(where === "inside" ? sides[side].host : sides[side].open),
    setRouter: (side, kind) =>
      setUpRouter(sides[side], { kind, inside: `10.214.${side === "left" ? 0 : 1}.2` }),
    cutDirectPath: async () => {
      await runIn(sides.left.router, `iptables -I FORWARD ! -d ${net}.2 -i ${sides.left.lan} -j DROP`);
      await runIn(sides.left.router, `iptables -I FORWARD ! -s ${net}.2 -i ${sides.left.wan} -j DROP`);
    },
    cutOff: (side) => runIn(sides[side].router, "iptables -I FORWARD -j DROP"),
    stop: () => cleanup.stop(),
  };
}

function namesOf(id: string, side: string): Names {
  return {
    host: `${id}${side}h`,
    router: `${id}${side}r`,
    open: `${id}${side}p`,
    lan: `${id}${side}no`,
    wan: `${id}${side}wi`,
  };
}

async function addLan({ host, router, lan }: Names, net: string): Promise<void> {
  const inner = lan.replace(/o$/, "i");
  await ip(`link add ${lan} netns ${router} type veth peer name ${inner} netns ${host}`);
  await ip(`-n ${router} addr add ${net}.1/24 dev ${lan}`);
  await ip(`-n ${router} link set ${lan} up`);
  await ip(`-n ${host} addr add ${net}.2/24 dev ${inner}`);
  await ip(`-n ${host} link set ${inner} up`);
  await ip(`-n ${host} route add default via ${net}.1`);
  await runIn(router, "sysctl -qw net.ipv4.ip_forward=1");
}

/** All at once: while a rule was missing, the router would reset connections whose packets arrive just then. */
async function setUpRouter(
  { router, lan, wan }: Names,
  { kind, inside }: { readonly kind: NatKind; readonly inside: string },
): Promise<void> {
  const coming = comingIn({ kind, inside, lan, wan });
  const rules = [
    "*nat",
    `-A POSTROUTING -o ${wan} -j MASQUERADE${kind === "symmetric" ? " --random-fully" : ""}`,
    ...coming.nat,
    "COMMIT",
    "*filter",
    ":FORWARD DROP",
    "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    `-A INPUT -i ${wan} -m conntrack --ctstate NEW,INVALID -j DROP`,
    ...coming.filter,
    `-A FORWARD -i ${lan} -j ACCEPT`,
    "COMMIT",
  ];
  const input = `${rules.join("\n")}\n`;
  await requireCommand("NETNS_FAILED", [...prefixOf(router), "iptables-restore"], { input });
}

interface Rules {
  readonly nat: readonly string[];
  readonly filter: readonly string[];
}

/** What comes from outside without an answer being due. */
function comingIn(at: {
  readonly kind: NatKind;
  readonly inside: string;
  readonly lan: string;
  readonly wan: string;
}): Rules {
  const { kind, inside, lan, wan } = at;
  const nat = [`-A PREROUTING -i ${wan} -p tcp -j DNAT --to-destination ${inside}`];
  if (kind === "full") return { nat, filter: [`-A FORWARD -i ${wan} -j ACCEPT`] };
  if (kind !== "restricted") return { nat: [], filter: [] };
  // Whom a router of an earlier test sent to is forgotten.
  const list = randomBytes(4).toString("hex");
  const filter = [
    `-A FORWARD -i ${lan} -m recent --name ${list} --rdest --set`,
    `-A FORWARD -i ${wan} -m recent --name ${list} --rsource --rcheck -j ACCEPT`,
  ];
  return { nat, filter };
}
