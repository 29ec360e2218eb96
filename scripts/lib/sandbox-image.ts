import { chmod, copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type Dockerode from "dockerode";
import {
  CONTENT_LABEL,
  SANDBOX_IMAGE,
  SANDBOX_SOURCE,
  sandboxContent,
  sandboxFiles,
} from "../../node-agent/src/containers/sandbox-image.ts";
import { buildImage } from "./docker/build-image.ts";
import { findBusybox } from "./find-busybox.ts";
import { withProgress } from "./progress.js";
import { createTempDir } from "./temp-dir.ts";
import { unpackPackages } from "./unpack-packages.ts";

/** nft and tc of Debian, with what they are linked with. */
const PACKAGES =
  "nftables libnftables1 libnftnl11 libmnl0 libjansson4 libgmp10 libxtables12 libedit2 libbsd0 libmd0 libtinfo6 " +
  "iproute2 libbpf1 libelf1 zlib1g libcap2 libc6";
const LIBRARIES =
  /^(lib(nftables|nftnl|mnl|jansson|gmp|xtables|edit|bsd|md|tinfo|bpf|elf|z|cap|c|m)[.-].*|ld-linux.*)$/;
const APPLETS = ["cat", "ip", "nc", "sh", "sleep", "su"];
const DOCKERFILE = `FROM scratch
COPY root/ /
ENV PATH=/bin:/sbin
LABEL fizz.input=rules
ENTRYPOINT ["/bin/sh", "/sandbox.sh"]
`;

/**
 * Makes the image that holds the network namespaces of tenants' containers, unless the engine has it with the same
 * content. On Debian it is made from packages and needs no image registry; elsewhere the node agent's Dockerfile is built.
 */
export async function ensureSandboxImage(docker: Dockerode): Promise<void> {
  const content = await sandboxContent();
  const labels = { [CONTENT_LABEL]: content };
  if ((await currentContent(docker)) === content) return;
  await withProgress("Building the sandbox image", async () => {
    const folder = await createTempDir("sandbox");
    try {
      const isReady = await fromPackages(docker, folder.path);
      const context = isReady ? folder.path : SANDBOX_SOURCE;
      const src = isReady ? ["Dockerfile", "root"] : await sandboxFiles();
      await buildImage(docker, { context, src, tag: SANDBOX_IMAGE, labels });
    } finally {
      await folder.stop();
    }
  });
}

async function currentContent(docker: Dockerode): Promise<string | undefined> {
  const images = await docker.listImages({ filters: { reference: [SANDBOX_IMAGE] } });
  // Null where an image has none, whatever the types say.
  const labels = images[0]?.Labels as Readonly<Record<string, string>> | null | undefined;
  return labels?.[CONTENT_LABEL];
}

/** False when the packages cannot be had. */
async function fromPackages(docker: Dockerode, folder: string): Promise<boolean> {
  const unpacked = await unpackPackages(PACKAGES.split(" "), folder);
  if (unpacked === undefined) return false;
  const root = join(folder, "root");
  for (const name of ["bin", "sbin", "lib", "lib64", "etc"])
    await mkdir(join(root, name), { recursive: true });
  await copyFile(await findBusybox(docker, folder), join(root, "bin/busybox"));
  await chmod(join(root, "bin/busybox"), 0o755);
  for (const applet of APPLETS) await symlink("busybox", join(root, "bin", applet));
  await copyFiles(unpacked, root);
  await writeFile(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
  await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  for (const name of await sandboxFiles()) await copyFile(join(SANDBOX_SOURCE, name), join(root, name));
  await writeFile(join(folder, "Dockerfile"), DOCKERFILE);
  return true;
}

/** The two programs and their libraries. The loader lies where each architecture looks for it. */
async function copyFiles(unpacked: string, root: string): Promise<void> {
  for (const entry of await readdir(unpacked, { recursive: true })) {
    const name = basename(entry);
    if (/(^|\/)sbin\/(nft|tc)$/.test(entry)) await copyFile(join(unpacked, entry), join(root, "sbin", name));
    if (!/^(usr\/)?lib\/[^/]+-linux-gnu\/[^/]+$/.test(entry) || !LIBRARIES.test(name)) continue;
    const folders = name.startsWith("ld-linux") ? ["lib", "lib64"] : ["lib"];
    for (const to of folders) await copyFile(join(unpacked, entry), join(root, to, name));
  }
}
