import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type Cleanup, type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { type Place } from "../../../scripts/lib/place.ts";
import { spawnDaemon } from "../../../scripts/lib/spawn-daemon.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { ip, prefixOf, runIn } from "./ip.ts";

const DELAY_PROXY = fileURLToPath(new URL("delay-proxy.ts", import.meta.url));
const FIRST_PROXY_PORT = 17_000;

/** Hosts of a small internet on this machine. */
export interface NetnsLab extends Stoppable {
  /** Public. */
  readonly chain: Place;
  /** Public. */
  readonly gateway: Place;
  /** Public, with nothing listening. */
  readonly tenant: Place;
  /** Behind NAT: it reaches everybody, nobody reaches it. `address` is its private one. */
  readonly node: Place;
  /** Address of the router before the node, seen from outside. */
  readonly nodePublicAddress: string;
  /** Sends what the node sends to these TCP ports of the gateway through proxies that delay both directions. */
  delayNodeLinks(gatewayPorts: readonly number[], delayMs: number): Promise<void>;
}

/**
 * Makes four hosts in network namespaces of their own: chain, gateway and tenant on one public network, the node
 * behind a router that translates addresses and lets no connection in. This process stands on the public network
 * too, to look on. Needs root. Addresses are of 198.18.0.0/15, which is kept for such tests.
 */
export async function createNetnsLab(): Promise<NetnsLab> {
  return await withCleanupOnFailure(build);
}

async function build(cleanup: Cleanup): Promise<NetnsLab> {
  // Interface names have at most 15 characters.
  const id = `fz${randomBytes(3).toString("hex")}`;
  const net = `198.${18 + ((randomBytes(1)[0] ?? 0) % 2)}.${randomBytes(1)[0] ?? 0}`;
  const lan = `10.213.${randomBytes(1)[0] ?? 0}`;
  const names = {
    hub: `${id}hub`,
    chain: `${id}ch`,
    gateway: `${id}gw`,
    tenant: `${id}te`,
    router: `${id}ro`,
    node: `${id}no`,
  };
  for (const name of Object.values(names)) {
    await ip(`netns add ${name}`);
    cleanup.defer(`namespace ${name}`, () => ip(`netns del ${name}`));
    await ip(`-n ${name} link set lo up`);
  }
  await ip(`-n ${names.hub} link add br0 type bridge`);
  await ip(`-n ${names.hub} link set br0 up`);
  const attach = async (namespace: string | undefined, suffix: string, address: string): Promise<void> => {
    const [outer, inner] = [`${id}${suffix}o`, `${id}${suffix}i`];
    await ip(
      `link add ${outer} netns ${names.hub} type veth peer name ${inner}${namespace === undefined ? "" : ` netns ${namespace}`}`,
    );
    if (namespace === undefined) cleanup.defer(`link ${inner}`, () => ip(`link del ${inner}`));
    const inside = namespace === undefined ? "" : `-n ${namespace} `;
    await ip(`-n ${names.hub} link set ${outer} master br0 up`);
    await ip(`${inside}addr add ${address}/24 dev ${inner}`);
    await ip(`${inside}link set ${inner} up`);
  };
  await attach(undefined, "h", `${net}.254`);
  await attach(names.chain, "c", `${net}.1`);
  await attach(names.gateway, "g", `${net}.2`);
  await attach(names.tenant, "t", `${net}.3`);
  await attach(names.router, "r", `${net}.4`);
  await addNat({ id, lan, router: names.router, node: names.node });

  const publicPlace = (name: string, address: string): Place => ({
    address,
    listenAddress: "0.0.0.0",
    prefix: prefixOf(name),
  });
  return {
    chain: publicPlace(names.chain, `${net}.1`),
    gateway: publicPlace(names.gateway, `${net}.2`),
    tenant: publicPlace(names.tenant, `${net}.3`),
    node: publicPlace(names.node, `${lan}.2`),
    nodePublicAddress: `${net}.4`,
    delayNodeLinks: async (ports, delayMs) => {
      const link = { cleanup, router: names.router, lanInterface: `${id}lo`, gateway: `${net}.2`, delayMs };
      for (const [index, port] of ports.entries())
        await delayLink({ ...link, port, proxyPort: FIRST_PROXY_PORT + index });
    },
    stop: () => cleanup.stop(),
  };
}

/** The node's router: addresses translated on the way out, nothing let in that was not asked for. */
async function addNat(init: { id: string; lan: string; router: string; node: string }): Promise<void> {
  const { id, lan, router, node } = init;
  await ip(`link add ${id}lo netns ${router} type veth peer name ${id}li netns ${node}`);
  await ip(`-n ${router} addr add ${lan}.1/24 dev ${id}lo`);
  await ip(`-n ${router} link set ${id}lo up`);
  await ip(`-n ${node} addr add ${lan}.2/24 dev ${id}li`);
  await ip(`-n ${node} link set ${id}li up`);
  await ip(`-n ${node} route add default via ${lan}.1`);
  await runIn(router, "sysctl -qw net.ipv4.ip_forward=1");
  await runIn(router, `iptables -t nat -A POSTROUTING -o ${id}ri -j MASQUERADE`);
  await runIn(router, "iptables -P FORWARD DROP");
  await runIn(router, `iptables -A FORWARD -i ${id}lo -j ACCEPT`);
  await runIn(router, "iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT");
  await runIn(router, `iptables -A INPUT -i ${id}ri -m conntrack --ctstate NEW -j DROP`);
}

interface DelayInit {
  readonly cleanup: Cleanup;
  readonly router: string;
  readonly lanInterface: string;
  readonly gateway: string;
  readonly port: number;
  readonly proxyPort: number;
  readonly delayMs: number;
}

async function delayLink(init: DelayInit): Promise<void> {
  const { cleanup, router, lanInterface, gateway, port, proxyPort, delayMs } = init;
  const logs = cleanup.use("proxy's log", await createTempDir("proxy"));
  const argv = [process.execPath, DELAY_PROXY, String(proxyPort), gateway, String(port), String(delayMs)];
  const daemon = await spawnDaemon({
    name: "delay-proxy",
    argv: [...prefixOf(router), ...argv],
    logDir: logs.path,
    readyLine: /^ready$/,
  });
  cleanup.use("delay proxy", daemon);
  const match = `-i ${lanInterface} -p tcp -d ${gateway} --dport ${port}`;
  await runIn(router, `iptables -t nat -A PREROUTING ${match} -j REDIRECT --to-ports ${proxyPort}`);
}
