import { chmod, copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { buildImage } from "../../../scripts/lib/docker/build-image.ts";
import { findBusybox } from "../../../scripts/lib/find-busybox.ts";
import { requireCommand, runCommand } from "../../../scripts/lib/run-command.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { unpackPackages } from "../../../scripts/lib/unpack-packages.ts";

/** Everything that a busybox and a perl can do, as root; one program is setuid. */
export const HOSTILE_IMAGE = "fizz/hostile:1";
const DOCKERFILE = `FROM scratch
COPY bin/ /bin/
COPY etc/ /etc/
COPY suid/ /suid/
COPY lib/ /lib/
COPY lib64/ /lib64/
COPY usr/ /usr/
RUN ["/bin/chmod", "4755", "/suid/busybox"]
ENV PATH=/bin:/usr/bin
WORKDIR /tmp
CMD ["/bin/sleep", "1000"]
`;

const PACKAGES = ["perl-base", "libc6", "libcrypt1"];

/** Builds the image of an attacker unless the engine has it; false where its packages cannot be had. */
export async function ensureHostileImage(docker: Dockerode): Promise<boolean> {
  const found = await docker.listImages({ filters: { reference: [HOSTILE_IMAGE] } });
  if (found.length > 0) return true;
  const folder = await createTempDir("hostile");
  try {
    const unpacked = await unpackPackages(PACKAGES, folder.path);
    if (unpacked === undefined) return false;
    // Package links are followed: the loader lies under two names.
    const copied = await runCommand(["cp", "-rL", "lib", "lib64", "usr", folder.path], { cwd: unpacked });
    if (copied.status !== 0) return false;
    for (const name of ["share", "sbin"])
      await rm(join(folder.path, "usr", name), { recursive: true, force: true });
    for (const name of ["bin", "etc", "suid"]) await mkdir(join(folder.path, name));
    const busybox = join(folder.path, "bin/busybox");
    await copyFile(await findBusybox(docker, folder.path), busybox);
    await chmod(busybox, 0o755);
    const { stdout } = await requireCommand("HOSTILE_IMAGE", [busybox, "--list"]);
    for (const applet of stdout.split("\n").filter((name) => name !== "" && name !== "busybox"))
      await symlink("busybox", join(folder.path, "bin", applet));
    await copyFile(busybox, join(folder.path, "suid/busybox"));
    await chmod(join(folder.path, "suid/busybox"), 0o755);
    await writeFile(join(folder.path, "etc/passwd"), "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n");
    await writeFile(join(folder.path, "etc/group"), "root:x:0:\nuser:x:1000:\n");
    await writeFile(join(folder.path, "Dockerfile"), DOCKERFILE);
    await buildImage(docker, {
      context: folder.path,
      src: ["Dockerfile", "bin", "etc", "suid", "lib", "lib64", "usr"],
      tag: HOSTILE_IMAGE,
      labels: { "fizz.test": "hostile" },
    });
    return true;
  } finally {
    await folder.stop();
  }
}
