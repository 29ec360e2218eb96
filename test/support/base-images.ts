import { copyFile, cp, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type Dockerode from "dockerode";
import { buildImage } from "../../scripts/lib/docker/build-image.ts";
import { ensureProgram, findProgram, type Program } from "../../scripts/lib/ensure-program.ts";
import { canInstallPackages } from "../../scripts/lib/install-packages.ts";
import { requireCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";

/** What the Dockerfiles of this project begin with. */
export const DEBIAN_IMAGE = "docker.io/library/debian:bookworm-slim";
export const NODE_IMAGE = "docker.io/library/node:24-bookworm-slim";

const MMDEBSTRAP: Program = { paths: ["/usr/bin/mmdebstrap"], package: "mmdebstrap" };
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
const NODE_DOCKERFILE = `FROM ${DEBIAN_IMAGE}
COPY root/ /
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}
CMD ["node"]
`;

/** Why {@link ensureBaseImages} cannot do without an image registry here; undefined where it can. */
export function whyNoBaseImages(): string | undefined {
  if (canInstallPackages()) return undefined;
  return findProgram(MMDEBSTRAP) === undefined ? "Base images are made by root on Debian." : undefined;
}

/**
 * Gives an engine of the caller's own the images that Dockerfiles begin with: from their registry, or else made of
 * Debian's archive, this process's Node.js and the npm on PATH. Never for an engine of others: it takes the names.
 */
export async function ensureBaseImages(docker: Dockerode): Promise<void> {
  for (const [name, make] of [
    [DEBIAN_IMAGE, makeDebian],
    [NODE_IMAGE, makeNode],
  ] as const) {
    const known = await docker.listImages({
      filters: { reference: [name.replace("docker.io/library/", "")] },
    });
    if (known.length === 0 && !(await canPull(docker, name))) await make(docker);
  }
}

async function canPull(docker: Dockerode, name: string): Promise<boolean> {
  try {
    await toItsEnd(docker, await docker.pull(name));
    return true;
  } catch {
    return false;
  }
}

async function toItsEnd(docker: Dockerode, progress: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

async function makeDebian(docker: Dockerode): Promise<void> {
  const program = (await ensureProgram(MMDEBSTRAP)) ?? "mmdebstrap";
  const folder = await createTempDir("debian");
  try {
    const archive = join(folder.path, "debian.tar");
    const packages = "--include=ca-certificates";
    await requireCommand("BASE_IMAGE", [program, "--variant=apt", packages, "bookworm", archive]);
    const [repo, tag] = DEBIAN_IMAGE.split(":");
    await toItsEnd(docker, await docker.importImage(archive, { repo, tag }));
  } finally {
    await folder.stop();
  }
}

async function makeNode(docker: Dockerode): Promise<void> {
  const folder = await createTempDir("node");
  try {
    const local = join(folder.path, "root/usr/local");
    for (const name of ["bin", "lib/node_modules"]) await mkdir(join(local, name), { recursive: true });
    await copyFile(process.execPath, join(local, "bin/node"));
    const { stdout } = await requireCommand("BASE_IMAGE", ["sh", "-c", "command -v npm"]);
    const npm = dirname(dirname(await realpath(stdout.trim())));
    await cp(npm, join(local, "lib/node_modules/npm"), { recursive: true, dereference: true });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"));
    // What this machine trusts: its archive and its registry may be reached through a proxy of its own.
    await mkdir(join(folder.path, "root", dirname(CERTIFICATES)), { recursive: true });
    await copyFile(CERTIFICATES, join(folder.path, "root", CERTIFICATES));
    await writeFile(join(folder.path, "Dockerfile"), NODE_DOCKERFILE);
    await buildImage(docker, {
      context: folder.path,
      src: ["Dockerfile", "root"],
      tag: NODE_IMAGE,
      isOnHostNetwork: true,
    });
  } finally {
    await folder.stop();
  }
}
