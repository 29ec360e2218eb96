import { createHash } from "node:crypto";
import { chmod, copyFile, cp, mkdir, readFile, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { buildImage } from "./docker/build-image.ts";
import { findBusybox } from "./find-busybox.ts";
import { inRoot } from "./paths.ts";
import { withProgress } from "./progress.js";
import { createTempDir } from "./temp-dir.ts";

/** Image of `examples/hello.yaml`. */
export const HELLO_IMAGE = "fizz/hello:1.0.0";

const CONTENT_LABEL = "fizz.content";
const SOURCE = inRoot("examples/hello");
const APPLETS = "sh cat date echo env hostname httpd id ip kill ls mount nc nslookup ps sed sleep wget".split(
  " ",
);

/**
 * Builds the image of the hello example, from scratch and a static busybox, unless the engine has it with the same
 * content. It needs no image registry.
 */
export async function ensureHelloImage(docker: Dockerode): Promise<void> {
  const content = await hashSource();
  if ((await currentContent(docker)) === content) return;
  await withProgress("Building the hello image", () => build(docker, content));
}

async function hashSource(): Promise<string> {
  const hash = createHash("sha256").update(APPLETS.join());
  for (const name of (await readdir(SOURCE)).sort())
    hash.update(name).update(await readFile(join(SOURCE, name)));
  return hash.digest("hex");
}

async function currentContent(docker: Dockerode): Promise<string | undefined> {
  try {
    const image = await docker.getImage(HELLO_IMAGE).inspect();
    return (image.Config.Labels as Record<string, string> | null)?.[CONTENT_LABEL];
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

async function build(docker: Dockerode, content: string): Promise<void> {
  const context = await createTempDir("hello");
  try {
    await cp(SOURCE, context.path, { recursive: true });
    const bin = join(context.path, "bin");
    await mkdir(bin);
    await copyFile(await findBusybox(docker, context.path), join(bin, "busybox"));
    await chmod(join(bin, "busybox"), 0o755);
    for (const applet of APPLETS) await symlink("busybox", join(bin, applet));
    const src = ["Dockerfile", "hello.sh", "index.cgi", "bin"];
    const labels = { [CONTENT_LABEL]: content };
    await buildImage(docker, { context: context.path, src, tag: HELLO_IMAGE, labels });
  } finally {
    await context.stop();
  }
}
