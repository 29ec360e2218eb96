import { expect } from "chai";
import { existsSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { type ContainerAction, ContainerSteps } from "../../../node-agent/src/leases/container-steps.ts";
import { LeaseLog } from "../../../node-agent/src/leases/lease-log.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { type Engine } from "../../../scripts/lib/docker/find-engine.ts";
import { requireDocker, testNode } from "../../compliance/engine-docker.ts";
import { heldProgram, letGo } from "../../support/held-program.ts";
import { type Attacker, Attackers } from "../../support/hostile/attacker.ts";
import { ensureHostileImage } from "../../support/hostile/hostile-image.ts";
import { canMakeOutside, createOutside } from "../../support/hostile/outside.ts";
import { until } from "../../support/until.ts";
import { storedLease } from "../support/builders.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";

const MIB = 1024n * 1024n;
const DENIED = /not permitted|denied|Read-only|can't (create|open)|No such file|can't fork/;
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

describe("A hostile container", function () {
  this.timeout(90_000);
  const cleanup = new Cleanup();
  const attackers = new Attackers();
  let docker: Engine;
  let engine: DockerEngine;
  let attacker: Attacker;

  before(async function () {
    docker = await requireDocker(this);
    if (!(await ensureHostileImage(docker.client))) this.skip();
    cleanup.use("attackers", attackers);
    engine = testNode(docker);
    attacker = await attackers.start(engine);
  });

  after(async () => {
    await cleanup.stop();
  });

  const privileges: readonly (readonly [what: string, script: string])[] = [
    ["mount a file system", "mount -t tmpfs none /mnt || mkdir -p /mnt && mount -t tmpfs none /mnt"],
    ["make kernel settings writable", "mount -o remount,rw /proc/sys"],
    ["bind a part of the file system elsewhere", "mkdir -p /m && mount --bind /proc /m"],
    ["become root of a user namespace", "unshare -U true"],
    ["make namespaces", "unshare -n true && unshare -m true && unshare -p true"],
    ["enter the namespaces of another process", "nsenter -t 1 -m true"],
    ["write kernel settings", "echo 1 > /proc/sys/kernel/panic"],
    ["press the magic key", "echo b > /proc/sysrq-trigger"],
    [
      "change cgroups",
      "echo 1 > /sys/fs/cgroup/memory/memory.limit_in_bytes || mkdir /sys/fs/cgroup/memory/x",
    ],
    ["make a device node", "mknod /tmp/disk b 8 0"],
    ["read memory and kernel messages", "cat /dev/mem || cat /dev/kmsg || cat /dev/port"],
    ["load a module", "insmod /tmp/module"],
    ["set the clock or the host's name", "adjtimex -t 9999 || hostname x"],
    ["restart the machine", "reboot -f"],
    ["change its root", "chroot /tmp true || pivot_root /tmp /tmp"],
    ["find the engine's socket", "ls /var/run/docker.sock /run/docker.sock || grep docker /proc/net/unix"],
  ];
  for (const [what, script] of privileges) {
    it(`cannot ${what}`, async () => {
      const said = await attacker.sh(`(${script}) && echo got through`);
      expect(said).to.not.include("got through");
      // What is not there, and what is there and refused; nothing that does not run at all.
      expect(said).to.match(DENIED).and.not.include("applet not found");
    });
  }

  it("gets nothing from a setuid program", async () => {
    const asUser = `perl -e '$( = $) = 1000; $< = $> = 1000; exec @ARGV'`;
    const said = await attacker.sh(`${asUser} /suid/busybox id; ls -l /suid/busybox`);
    expect(said).to.match(/^-rws/m);
    expect(said).to.include("uid=1000(user)").and.not.include("euid=0");
  });

  it("sees its own processes alone", async () => {
    const said = await attacker.sh("ls /proc | grep -c '^[0-9]'; tr '\\0' ' ' < /proc/1/cmdline");
    const [count = "", first = ""] = said.split("\n");
    expect(Number(count)).to.be.within(1, 6);
    expect(first).to.include("sleep 1000");
  });

  it("makes no more processes than the limit, and another container is not harmed", async () => {
    const other = await attackers.start(engine);
    // Enough memory, so that it is not that what ends it.
    const limits = {
      milliCpu: 500,
      memoryBytes: 512n * MIB,
      sharedMemoryBytes: null,
      gpuUnits: 0,
      storageBytes: MIB,
    };
    const bomber = await attackers.start(engine, { limits });
    const bomb =
      "for (1..1500) { my $child = fork; die 'refused' unless defined $child; next if $child; close STDOUT; close STDERR; sleep 30; exit }";
    expect(await bomber.sh(`perl -e "${bomb.replaceAll("$", String.raw`\$`)}"`)).to.include("refused");
    const { Processes: processes } = (await docker.client.getContainer(bomber.id).top()) as {
      Processes: unknown[];
    };
    expect(processes).to.have.length.within(900, 1_024);
    expect(await other.sh("sleep 0 & wait; echo fine")).to.equal("fine\n");
  });

  it("is ended when it fills its memory or /dev/shm, told as container.oom, and the machine does not swap for it", async () => {
    const fills = ["perl -e '$x .= \"x\" x 1048576 while 1'", "dd if=/dev/zero of=/dev/shm/x bs=1M count=63"];
    for (const fill of fills) {
      const hog = await attackers.start(engine, {
        command: heldProgram(fill),
        limits: {
          milliCpu: 500,
          memoryBytes: 32n * MIB,
          sharedMemoryBytes: null,
          gpuUnits: 0,
          storageBytes: MIB,
        },
      });
      await letGo(docker.client, hog.id);
      await until(async () => (await hog.find()).state === "exited", `it is ended: ${fill}`);
      const container = await hog.find();
      expect(container.outOfMemory, fill).to.equal(true);
      expect(await codesOf({ type: "note-exit", container })).to.deep.equal(["container.oom"]);
    }
    expect((await engine.facts(signal())).cpus).to.be.greaterThan(0);
  });

  it("is ended when it fills the disk: its layer, /tmp, a volume", async () => {
    const volume = { name: "data", path: "/data", readOnly: false, persistent: false };
    const limits = {
      milliCpu: 500,
      memoryBytes: 64n * MIB,
      sharedMemoryBytes: null,
      gpuUnits: 0,
      storageBytes: 20n * MIB,
    };
    const filler = await attackers.start(engine, { limits, volumes: [volume] });
    const fill = (path: string) =>
      filler.sh(`mkdir -p /tmp; dd if=/dev/zero of=${path}/x bs=1M count=8 2>&1`);
    const measured = async (): Promise<number> => {
      await engine.measureDisk(signal());
      return (await filler.find()).diskBytes ?? 0;
    };
    const sizes = [await measured()];
    for (const path of ["/", "/tmp", "/data"]) {
      await fill(path);
      sizes.push(await measured());
    }
    const steps = sizes.slice(1).map((size, at) => Math.round((size - (sizes[at] ?? 0)) / 1_024 ** 2));
    expect(steps).to.deep.equal([8, 8, 8]);
    const container = await filler.find();
    const codes = await codesOf({ type: "evict", container, limitBytes: limits.storageBytes });
    expect(codes).to.deep.equal(["container.disk.exceeded", "container.removed"]);
    const label = [`fizz.lease=${filler.spec.leaseHash}`];
    const { Volumes: volumes } = await docker.client.listVolumes({ filters: { label } });
    expect([volumes, await docker.client.listContainers({ all: true, filters: { label } })]).to.deep.equal([
      [],
      [],
    ]);
  });

  it("fills no more than its log files with output", async () => {
    const talker = await attackers.start(engine, {
      command: [
        "/bin/sh",
        "-c",
        "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 45000000",
      ],
    });
    const { LogPath: path } = await docker.client.getContainer(talker.id).inspect();
    if (!existsSync(path)) return;
    await until(async () => (await talker.find()).state === "exited", "it has said everything", 60_000);
    const folder = dirname(path);
    const files = (await readdir(folder)).filter((name) => name.startsWith(basename(path)));
    const bytes = files.map((name) => statSync(join(folder, name)).size).reduce((sum, one) => sum + one, 0);
    expect(bytes).to.be.within(10_000_000, 31_000_000);
  });

  it("does not outlive its removal, however it clings", async () => {
    const mark = `${40_000_000 + process.pid}`;
    const clinging = `trap '' TERM INT HUP; (setsid sh -c "trap '' TERM; sleep ${mark}" &) ; while true; do sleep ${mark}; done`;
    const stayer = await attackers.start(engine, { command: ["/bin/sh", "-c", clinging] });
    await until(async () => (await processesWith(mark)) >= 2, "its processes run");
    await engine.stop(stayer.id, 1, signal());
    expect(await processesWith(mark)).to.equal(0);
    await engine.remove(stayer.id, signal());
    await engine.removeLease(stayer.spec.leaseHash, signal());
    const label = [`fizz.lease=${stayer.spec.leaseHash}`];
    const left = await docker.client.listContainers({ all: true, filters: { label } });
    expect([left, await docker.client.listNetworks({ filters: { label } })]).to.deep.equal([[], []]);
  });

  it("sends no more than its cap", async function () {
    if (!canMakeOutside()) this.skip();
    const outside = cleanup.use("outside", await createOutside());
    // 8 Mbit/s are 1 MB in a second; 131 kB may go at once.
    const flooder = await attackers.start(testNode(docker, { egressKbit: 8_000 }));
    const from = performance.now();
    await flooder.sh(`head -c 3000000 /dev/zero | nc -w 5 ${outside.internet} ${outside.port}`);
    await until(() => Promise.resolve(outside.received() >= 3_000_000), "everything has come");
    expect(performance.now() - from).to.be.greaterThan(2_800);
  });

  /** Codes of the events of a step. */
  async function codesOf(action: ContainerAction): Promise<string[]> {
    const journal = new MemoryJournal();
    const store = new MemoryStore();
    const leaseHash = "container" in action ? action.container.leaseHash : action.desired.spec.leaseHash;
    await store.save(storedLease({ leaseHash }));
    const context = {
      leaseHash,
      log: new LeaseLog(journal, leaseHash),
      signal: signal(),
      onFailure: () => undefined,
    };
    const images = { provide: () => Promise.reject(new Error("nothing is made here")) };
    await new ContainerSteps({ engine, images, store, clock }).perform(action, context);
    return journal.codes(leaseHash);
  }

  async function processesWith(mark: string): Promise<number> {
    let count = 0;
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)))
      if ((await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes(mark)) count += 1;
    return count;
  }
});
