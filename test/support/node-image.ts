import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type Dockerode from "dockerode";
import { buildImage } from "../../scripts/lib/docker/build-image.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";

/** This process's Node and the libraries that it is linked with, and nothing else. */
export const NODE_IMAGE = `fizz/test-node:${process.versions.node}`;

/** Builds {@link NODE_IMAGE} unless the engine has it. It needs no image registry; `node` runs a script of arguments. */
export async function ensureNodeImage(docker: Dockerode): Promise<void> {
  const images = await docker.listImages({ filters: { reference: [NODE_IMAGE] } });
  if (images.length > 0) return;
  const context = await createTempDir("node-image");
  try {
    const node = join(context.path, "root", "bin", "node");
    await copyInto(node, process.execPath);
    for (const path of await librariesOf(process.execPath))
      await copyInto(join(context.path, "root", path), path);
    await writeFile(
      join(context.path, "Dockerfile"),
      'FROM scratch\nCOPY root/ /\nENTRYPOINT ["/bin/node"]\n',
    );
    await buildImage(docker, { context: context.path, src: ["Dockerfile", "root"], tag: NODE_IMAGE });
  } finally {
    await context.stop();
  }
}

async function copyInto(to: string, from: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

/** Absolute paths of all that the dynamic loader brings in, itself included. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await runCommand(["ldd", program]);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}
