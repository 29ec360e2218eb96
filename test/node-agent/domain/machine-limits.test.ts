import { expect } from "chai";
import { cgroupLimits } from "../../../node-agent/src/domain/cgroup-limits.ts";
import { machineLimits } from "../../../node-agent/src/domain/machine-limits.ts";

const MIB = 1_024 ** 2;
const NONE = { milliCpu: undefined, memoryBytes: undefined, freeBytes: undefined };

/** As a Debian 12 of version 1 told them, of a process in a group below one that has limits. */
const V1_NESTED = {
  "/proc/self/cgroup": "9:name=systemd:/\n4:memory:/lent/inner\n3:cpuset:/\n1:cpu:/lent/inner\n0::/\n",
  "/proc/self/mountinfo": `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`,
  "/sys/fs/cgroup/cpu/lent/inner/cpu.cfs_quota_us": "-1\n",
  "/sys/fs/cgroup/cpu/lent/inner/cpu.cfs_period_us": "100000\n",
  "/sys/fs/cgroup/cpu/lent/cpu.cfs_quota_us": "150000\n",
  "/sys/fs/cgroup/cpu/lent/cpu.cfs_period_us": "100000\n",
  "/sys/fs/cgroup/memory/lent/inner/memory.limit_in_bytes": "9223372036854771712\n",
  "/sys/fs/cgroup/memory/lent/memory.limit_in_bytes": "536870912\n",
  "/sys/fs/cgroup/memory/lent/memory.usage_in_bytes": "104857600\n",
  "/sys/fs/cgroup/memory/lent/memory.stat": "inactive_file 1\ntotal_inactive_file 52428800\n",
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
};

/** `docker run --cpus 2 -m 1g` of version 1: the path is the host's, the mount shows the container's group alone. */
const V1_CONTAINER = {
  "/proc/self/cgroup": "5:memory:/docker/8a1f\n4:cpu,cpuacct:/docker/8a1f\n",
  "/proc/self/mountinfo": `101 99 0:31 /docker/8a1f /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct
102 99 0:34 /docker/8a1f /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory`,
  "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000",
  "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824",
};

/** The same of version 2, in a namespace of its own. */
const V2_CONTAINER = {
  "/proc/self/cgroup": "0::/\n",
  "/proc/self/mountinfo":
    "720 712 0:27 /../../docker/8a1f /sys/fs/cgroup ro,nosuid master:9 - cgroup2 cgroup rw,nsdelegate",
  "/sys/fs/cgroup/cpu.max": "200000 100000\n",
  "/sys/fs/cgroup/memory.max": "1073741824\n",
  "/sys/fs/cgroup/memory.current": "209715200\n",
  "/sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 314572800\n",
};

/** A service below two slices, of which the outer has the tighter quota and the inner the tighter memory. */
const V2_NESTED = {
  "/proc/self/cgroup": "0::/fizz.slice/node.slice/agent.service\n",
  "/proc/self/mountinfo":
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot",
  "/sys/fs/cgroup/fizz.slice/node.slice/agent.service/cpu.max": "max 100000",
  "/sys/fs/cgroup/fizz.slice/node.slice/agent.service/memory.max": "max",
  "/sys/fs/cgroup/fizz.slice/node.slice/cpu.max": "400000 100000",
  "/sys/fs/cgroup/fizz.slice/node.slice/memory.max": "2147483648",
  "/sys/fs/cgroup/fizz.slice/node.slice/memory.current": "2147483648",
  "/sys/fs/cgroup/fizz.slice/cpu.max": "25000 50000",
  "/sys/fs/cgroup/fizz.slice/memory.max": "4294967296",
};

describe("limits of control groups", () => {
  it("are those of the tightest group above the process, in version 1", () => {
    expect(limitsOf(V1_NESTED)).to.deep.equal({
      milliCpu: 1_500,
      memoryBytes: 512 * MIB,
      freeBytes: (512 - 50) * MIB,
    });
  });

  it("are those of a container that sees no more than its own group, in both versions", () => {
    expect(limitsOf(V1_CONTAINER)).to.deep.equal({
      milliCpu: 2_000,
      memoryBytes: 1_024 * MIB,
      freeBytes: 1_024 * MIB,
    });
    expect(limitsOf(V2_CONTAINER)).to.deep.equal({
      milliCpu: 2_000,
      memoryBytes: 1_024 * MIB,
      freeBytes: 1_024 * MIB,
    });
  });

  it("are taken one by one from slices of version 2, and full memory leaves nothing", () => {
    expect(limitsOf(V2_NESTED)).to.deep.equal({ milliCpu: 500, memoryBytes: 2_048 * MIB, freeBytes: 0 });
  });

  it("are none without groups, without limits, and where nothing can be read", () => {
    expect(limitsOf({})).to.deep.equal(NONE);
    const open = {
      ...V2_CONTAINER,
      "/sys/fs/cgroup/cpu.max": "max 100000",
      "/sys/fs/cgroup/memory.max": "max",
    };
    expect(limitsOf(open)).to.deep.equal(NONE);
    const { "/proc/self/cgroup": group, "/proc/self/mountinfo": mounts } = V2_NESTED;
    expect(limitsOf({ "/proc/self/cgroup": group, "/proc/self/mountinfo": mounts })).to.deep.equal(NONE);
    const broken = { ...V2_CONTAINER, "/sys/fs/cgroup/cpu.max": "0 0", "/sys/fs/cgroup/memory.max": "many" };
    expect(limitsOf(broken)).to.deep.equal(NONE);
  });

  it("do not leave the mount by a path with dots", () => {
    const outside = { ...V2_CONTAINER, "/proc/self/cgroup": "0::/../../other\n" };
    expect(limitsOf(outside).milliCpu).to.equal(2_000);
  });
});

describe("limits of a machine", () => {
  const known = { threads: 64, memoryBytes: 256 * 1_024 * MIB, freeBytes: 128 * 1_024 * MIB };
  const kernel = {
    "/proc/self/status": "Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8,10-12\n",
    "/proc/meminfo": "MemTotal:       24684084 kB\nMemFree:  1 kB\nMemAvailable:   21165348 kB\n",
  };

  it("are what the kernel tells, and less where a group has a limit", () => {
    const free = { threads: 8, milliCpu: 8_000, memoryMiB: 24_105, freeMemoryMiB: 20_669 };
    expect(machineOf(kernel)).to.deep.equal(free);
    expect(machineOf({ ...kernel, ...V2_CONTAINER })).to.deep.equal({
      threads: 8,
      milliCpu: 2_000,
      memoryMiB: 1_024,
      freeMemoryMiB: 1_024,
    });
  });

  it("are what the runtime knows on a system without such files, or with strange ones", () => {
    const all = { threads: 64, milliCpu: 64_000, memoryMiB: 262_144, freeMemoryMiB: 131_072 };
    expect(machineOf({})).to.deep.equal(all);
    const strange = { "/proc/self/status": "Cpus_allowed_list: all", "/proc/meminfo": "MemTotal: 5 GB" };
    expect(machineOf(strange)).to.deep.equal(all);
  });

  function machineOf(files: Readonly<Record<string, string>>) {
    return machineLimits((path) => files[path], known);
  }
});

function limitsOf(files: Readonly<Record<string, string>>) {
  return cgroupLimits((path) => files[path]);
}
