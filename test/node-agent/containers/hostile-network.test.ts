import { expect } from "chai";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { type Attacker, Attackers } from "../../support/hostile/attacker.ts";
import { ensureHostileImage } from "../../support/hostile/hostile-image.ts";
import { listenOnHost, type ListeningHost, MULTICAST } from "../../support/hostile/listening-host.ts";
import { canMakeOutside, createOutside, LAST_RANGE, type Outside } from "../../support/hostile/outside.ts";
import { until } from "../../support/until.ts";

const HTTPD = ["/bin/httpd", "-f", "-p", "8080", "-h", "/etc"];
const UDP_ECHO =
  'use IO::Socket::IP; my $s = IO::Socket::IP->new(LocalPort => 9000, Type => SOCK_DGRAM); my $from = $s->recv(my $text, 99); $s->send("heard $text", 0, $from);';

/** Each attempt is made by a container that Docker alone confines, too: where that one succeeds, the rules are what holds. */
describe("A hostile container's network", function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  const attackers = new Attackers();
  let outside: Outside;
  let host: ListeningHost;
  let engine: DockerEngine;
  let confined: Attacker;
  let loose: Attacker;

  before(async function () {
    if (!canMakeOutside()) this.skip();
    const docker = await requireDocker(this);
    if (!(await ensureHostileImage(docker.client))) this.skip();
    outside = cleanup.use("outside", await createOutside());
    host = cleanup.use("host", await listenOnHost());
    cleanup.use("attackers", attackers);
    engine = testNode(docker);
    confined = await startBeside(engine, { command: HTTPD });
    loose = await startBeside(testNode(docker, null));
  });

  after(async () => {
    await cleanup.stop();
  });

  it("reaches the internet", async () => {
    expect(await confined.reach([outside.internet], outside.port)).to.deep.equal([outside.internet]);
  });

  it("reaches no address of this machine: gateway, LAN, public", async () => {
    const addressesFor = async (attacker: Attacker) => [await gatewayOf(attacker), ...host.addresses];
    const all = await addressesFor(loose);
    expect(all).to.include(outside.hostPublic);
    expect(await loose.reach(all, host.port)).to.deep.equal(all);
    expect(await confined.reach(await addressesFor(confined), host.port)).to.deep.equal([]);
  });

  it("reaches no private, shared, link-local or reserved range", async () => {
    expect(await loose.reach(outside.private, outside.port)).to.deep.equal(outside.private);
    expect(await confined.reach(outside.private, outside.port)).to.deep.equal([]);
  });

  it("reaches none of them by datagrams either, nor by multicast and broadcast", async () => {
    const attack = async (attacker: Attacker, name: string): Promise<readonly string[]> => {
      const gateway = await gatewayOf(attacker);
      host.join(gateway);
      const targets = [gateway, outside.hostPublic, MULTICAST, await broadcastOf(attacker)];
      await attacker.send(name, targets, host.port);
      await attacker.send(name, [...outside.private, outside.internet], outside.port);
      await until(() => isIn(outside.datagrams(), `${name} ${outside.internet}`), "the internet is reached");
      return targets.map((address) => `${name} ${address}`);
    };
    const sent = await attack(loose, "loose");
    expect(host.datagrams).to.have.members(sent);
    const toHomes = outside.private.map((address) => `loose ${address}`);
    expect(outside.datagrams()).to.include.members(toHomes);
    await attack(confined, "confined");
    const heard = [...host.datagrams, ...outside.datagrams()].filter((text) => text.startsWith("confined"));
    expect(heard).to.deep.equal([`confined ${outside.internet}`]);
  });

  it("reaches no other lease, nor does another lease reach it", async () => {
    const other = await attackers.start(engine, { command: HTTPD });
    const [own, theirs] = [await addressOf(confined), await addressOf(other)];
    expect(await confined.reach([theirs, own], 8080)).to.deep.equal([own]);
    expect(await other.reach([theirs, own], 8080)).to.deep.equal([theirs]);
  });

  it("is reached by the agent, by TCP and UDP, and answers", async () => {
    const address = await addressOf(confined);
    const socket = connect(8080, address);
    socket.write("GET /passwd HTTP/1.0\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    expect(text).to.include("root:x:0:0");
    const serving = confined.sh(`timeout 20 perl -e '${UDP_ECHO}'`);
    const udp = createSocket("udp4");
    const echo = once(udp, "message", { signal: AbortSignal.timeout(20_000) }) as Promise<[Buffer]>;
    const timer = setInterval(() => {
      udp.send("ping", 9000, address);
    }, 200);
    expect(String((await echo)[0])).to.equal("heard ping");
    clearInterval(timer);
    udp.close();
    await serving;
  });

  it("cannot change its rules, routes or addresses, nor see packets of others", async () => {
    const changes = [
      "ip route del default",
      "ip addr add 1.2.3.4/32 dev eth0",
      "ip link set eth0 down",
      "ip link add x type dummy",
      "ping -c 1 127.0.0.1",
      "arping -c 1 -I eth0 1.2.3.4",
      `perl -MSocket -e 'socket(S, AF_INET, SOCK_RAW, 1) or die "$!"'`,
      `perl -e 'socket(S, 17, 3, 0) or die "$!"'`,
      "echo 1 > /proc/sys/net/ipv4/ip_forward",
    ];
    for (const change of changes) {
      const said = await confined.sh(`${change} && echo done`);
      expect(said, change).to.match(/not permitted|denied|Read-only|are you root/);
      expect(said, change).to.not.include("done");
    }
    expect(await confined.reach([outside.internet], outside.port)).to.deep.equal([outside.internet]);
  });

  /** An engine gives each new network the next of its ranges, and one in thirty holds an address that is to be outside. */
  async function startBeside(...args: Parameters<Attackers["start"]>): Promise<Attacker> {
    const attacker = await attackers.start(...args);
    const isBeside = !(await gatewayOf(attacker)).startsWith(LAST_RANGE);
    return isBeside ? attacker : await attackers.start(...args);
  }

  async function gatewayOf(attacker: Attacker): Promise<string> {
    return /default via (\S+)/.exec(await attacker.sh("ip route"))?.[1] ?? "";
  }

  async function broadcastOf(attacker: Attacker): Promise<string> {
    return /brd (\S+)/.exec(await attacker.sh("ip addr show eth0 | grep 'inet '"))?.[1] ?? "";
  }

  async function addressOf(attacker: Attacker): Promise<string> {
    return (await attacker.find()).address ?? "";
  }
});

async function isIn(list: readonly string[], text: string): Promise<boolean> {
  return await Promise.resolve(list.includes(text));
}
