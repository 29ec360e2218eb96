import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import {
  composeFile,
  envFile,
  type ServicePlace,
  systemdUnit,
} from "../../../node-agent/src/domain/service-files.ts";
import { codeOf } from "../../support/code-of.ts";

const PLACE: ServicePlace = {
  programDir: "/opt/fizz",
  nodePath: process.execPath,
  dataDir: "/var/lib/fizz-node",
  envFile: "/etc/fizz/node.env",
  passwordFile: "/etc/fizz/password",
  account: "fizz",
  socketGroup: "docker",
};
/** Where systemd is installed. */
const ANALYZE = "systemd-analyze";
const fails = async (task: () => unknown) => await codeOf(Promise.resolve().then(task));
const linesOf = (changes: Partial<ServicePlace>) => systemdUnit({ ...PLACE, ...changes }).split("\n");

describe("the unit of systemd", () => {
  it("closes what the agent does not need", () => {
    const hardening =
      `NoNewPrivileges=true CapabilityBoundingSet= ProtectSystem=strict ProtectHome=true PrivateTmp=true
      ProtectKernelTunables=true ProtectKernelModules=true ProtectKernelLogs=true ProtectControlGroups=true ProtectClock=true
      ProtectHostname=true LockPersonality=true RestrictSUIDSGID=true RestrictRealtime=true RestrictNamespaces=true
      SystemCallArchitectures=native UMask=0077 StateDirectoryMode=0700 User=fizz`.split(/\s+/);
    expect(linesOf({})).to.include.members([
      ...hardening,
      "StateDirectory=fizz-node",
      "LoadCredential=password:/etc/fizz/password",
      "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    ]);
  });

  it("says paths with spaces, percent and dollar signs as systemd reads them", () => {
    const lines = linesOf({
      ...{ programDir: "/opt/my %i fizz", nodePath: "/opt/n $o de/node", dataDir: "/srv/100% mine" },
      ...{ envFile: "/etc/a b%n.env", passwordFile: "/etc/pass word%p" },
    });
    expect(lines).to.include.members([
      "WorkingDirectory=/opt/my %%i fizz",
      'ExecStart="/opt/n $$o de/node" --max-semi-space-size=8 --no-allocation-site-pretenuring scripts/launch.js node-agent start',
      'Environment="FIZZ_NODE_DATA_DIR=/srv/100%% mine" FIZZ_NODE_PASSWORD_FILE=%d/password',
      'ReadWritePaths="/srv/100%% mine"',
      "EnvironmentFile=/etc/a b%%n.env",
      "LoadCredential=password:/etc/pass word%%p",
    ]);
  });

  it("opens of the homes what it needs alone", () => {
    const lines = linesOf({ programDir: "/home/me/fizz", dataDir: "/home/me/.fizz/node" });
    expect(lines).to.include.members([
      "ProtectHome=tmpfs",
      'BindReadOnlyPaths="/home/me/fizz"',
      'BindPaths="/home/me/.fizz/node"',
    ]);
  });

  it("is never root's, and holds no line that a path smuggles in", async () => {
    for (const changes of [
      ...["root", "0", "0:0", "me\nUser=root", "", "a b"].map((account) => ({ account })),
      { dataDir: "/srv/x\nUser=root" },
      { dataDir: "/srv/x:/etc" },
      { socketGroup: "docker\nUser=root" },
    ])
      expect(await fails(() => systemdUnit({ ...PLACE, ...changes })), JSON.stringify(changes)).to.equal(
        "CONFIG_INVALID",
      );
  });

  it("is taken by systemd, whose own review finds little exposed", function () {
    const folder = mkdtempSync(join(tmpdir(), "fizz-unit-"));
    try {
      const path = join(folder, "fizz-node.service");
      const spaced = { dataDir: join(folder, "100% mine"), programDir: folder, account: "daemon" };
      writeFileSync(path, systemdUnit({ ...PLACE, ...spaced, socketGroup: "0" }));
      const verified = spawnSync(ANALYZE, ["verify", "--man=no", path], { encoding: "utf8" });
      if (verified.error !== undefined) this.skip();
      expect(verified.stderr.split("\n").filter((line) => line.includes("fizz-node"))).to.deep.equal([]);
      const args = ["security", "--offline=true", "--threshold=40", path];
      const review = spawnSync(ANALYZE, args, { encoding: "utf8" });
      expect(review.status, review.stdout + review.stderr).to.equal(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the file of Compose", () => {
  it("confines the agent, and gives it its folder, the socket and one secret", () => {
    const dataDir = '/srv/my "data" $x #1';
    const { services, secrets } = parse(
      composeFile({ ...PLACE, dataDir, account: "1000:1000", socketGroup: "998" }, "/run/docker.sock"),
    ) as { services: Record<string, Record<string, unknown>>; secrets: unknown };
    expect(Object.keys(services)).to.deep.equal(["node", "reach"]);
    const node = services["node"] ?? {};
    for (const key of [
      "privileged",
      "network_mode",
      "pid",
      "ipc",
      "ports",
      "cap_add",
      "devices",
      "userns_mode",
    ])
      expect(node, key).to.not.have.property(key);
    expect(node).to.deep.include({
      ...{ user: "1000:1000", group_add: ["998"], read_only: true, cap_drop: ["ALL"], secrets: ["password"] },
      security_opt: ["no-new-privileges:true"],
      tmpfs: ["/tmp:size=64m,mode=1777"],
      volumes: [
        { type: "bind", source: dataDir.replace("$", "$$$$"), target: "/data" },
        { type: "bind", source: "/run/docker.sock", target: "/var/run/docker.sock" },
        { type: "volume", source: "run", target: "/run/fizz" },
      ],
    });
    // Docker forgets neither at a shutdown, and leaves down what its owner has stopped.
    expect(node).to.deep.include({ restart: "unless-stopped", container_name: "fizz-node" });
    expect(node["environment"]).to.deep.include({ FIZZ_NODE_CONTAINER: "fizz-node" });
    expect(services["reach"]).to.deep.include({ restart: "unless-stopped" });
    const reach = services["reach"] ?? {};
    for (const key of ["privileged", "pid", "ipc", "ports", "cap_add", "devices", "group_add", "env_file"])
      expect(reach, key).to.not.have.property(key);
    for (const key of ["environment", "secrets"]) expect(reach, key).to.not.have.property(key);
    expect(reach).to.deep.include({
      ...{ user: "1000:1000", read_only: true, cap_drop: ["ALL"], network_mode: "host" },
      security_opt: ["no-new-privileges:true"],
      volumes: [{ type: "volume", source: "run", target: "/run/fizz" }],
    });
    expect(secrets).to.deep.equal({ password: { file: "/etc/fizz/password" } });
  });

  it("is never root's", async () => {
    expect(await fails(() => composeFile({ ...PLACE, account: "0:0" }, "/s"))).to.equal("CONFIG_INVALID");
  });
});

describe("the settings of a service", () => {
  it("stand in single quotes, and what these cannot hold is refused", async () => {
    expect(envFile({ A: '{"x": "$HOME %n `y`"}', B: "b c" })).to.equal(
      "A='{\"x\": \"$HOME %n `y`\"}'\nB='b c'\n",
    );
    for (const value of ["it's", "a\nB=1", "a\0"])
      expect(await fails(() => envFile({ A: value }))).to.equal("CONFIG_INVALID");
  });
});
