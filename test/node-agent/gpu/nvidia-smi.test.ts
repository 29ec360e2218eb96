import { expect } from "chai";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NvidiaSmi } from "../../../node-agent/src/gpu/nvidia-smi.ts";
import { codeOf } from "../../support/code-of.ts";
import { reports, uuidOf } from "../support/gpu-reports.ts";

const never = new AbortController().signal;

/** With a program in the place of nvidia-smi, as no machine of these tests has a card. */
describe("NvidiaSmi", () => {
  const folders: string[] = [];
  after(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  it("asks for the columns that it reads, with no variable but PATH", async () => {
    const cards = await (
      await smi(`[ "$2" = --format=csv,noheader,nounits ] || exit 3
case "$1" in --query-gpu=index,uuid,name,memory.total,*) ;; *) exit 4 ;; esac
[ "$(env | grep -cv '^PATH=\\|^PWD=\\|^_=\\|^SHLVL=')" = 0 ] || exit 5
printf '%s' '${reports.rtx4090Pair}'`)
    ).read(never);
    expect(cards.map(({ uuid }) => uuid)).to.deep.equal([uuidOf("1"), uuidOf("2")]);
  });

  it("knows a machine without cards from one whose driver does not answer", async () => {
    const none = await smi(`printf '%s' '${reports.none}'; exit 6`);
    expect(await none.read(never)).to.deep.equal([]);
    const broken = await smi(`printf '%s' "${reports.noDriver}"; exit 9`);
    expect(await codeOf(broken.read(never))).to.equal("GPU_UNAVAILABLE");
    const silent = await smi("exit 0");
    expect(await codeOf(silent.read(never))).to.equal("GPU_UNREADABLE");
  });

  it("says that the driver is missing where there is no nvidia-smi", async () => {
    const missing = new NvidiaSmi({ path: "/no/such/folder" });
    expect(await codeOf(missing.read(never))).to.equal("GPU_UNAVAILABLE");
  });

  it("reads no half report, and waits for no driver that hangs or babbles", async () => {
    const lost = await smi(`printf '%s' '${reports.lostCard}'`);
    expect(await codeOf(lost.read(never))).to.equal("GPU_UNREADABLE");
    const hanging = await smi("exec sleep 60", 200);
    expect(await codeOf(hanging.read(never))).to.equal("GPU_UNAVAILABLE");
    const babbling = await smi("while :; do echo 0123456789012345678901234567890123456789; done");
    expect(await codeOf(babbling.read(never))).to.equal("GPU_UNAVAILABLE");
  });

  async function smi(script: string, timeoutMs = 20_000): Promise<NvidiaSmi> {
    const folder = await mkdtemp(join(tmpdir(), "fizz-smi-"));
    folders.push(folder);
    const file = join(folder, "nvidia-smi");
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return new NvidiaSmi({ path: `${folder}:/usr/bin:/bin`, timeoutMs });
  }
});
