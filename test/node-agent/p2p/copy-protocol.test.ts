import { type CopyTalk, openCopy } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import { type CopyCommand, type CopyEnd, protocols } from "@fizz/protocol/messages";
import { expect } from "chai";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveEnd, paddingOf, tarHeader } from "../../../cli/src/copy/tar-header.ts";
import { unpackArchive } from "../../../cli/src/copy/unpack-archive.ts";
import { CopyDesk } from "../../../node-agent/src/leases/copy-desk.ts";
import { COPY_LIMITS, MAX_COPIES_PER_CLIENT, serveCopy } from "../../../node-agent/src/p2p/copy-protocol.ts";
import { codeOf } from "../../support/code-of.ts";
import { createLibp2pPair } from "../../support/libp2p-pair.ts";
import { localTar } from "../../support/local-tar.ts";
import { until } from "../../support/until.ts";
import { hashOf } from "../support/builders.ts";
import { silentLog } from "../support/silent-log.ts";
import { TestTenant } from "../support/tenant.ts";

const soon = (): AbortSignal => AbortSignal.timeout(15_000);
const into = (path: string): CopyCommand => ({ service: "web", replica: 0, direction: "in", path });
const outOf = (path: string): CopyCommand => ({ service: "web", replica: 0, direction: "out", path });

describe("copies of tenants", function () {
  this.timeout(30_000);
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it("bring a file in, into a folder or under a name, and take it out again", async () => {
    const { open, root } = await setup();
    const content = Buffer.alloc(300_000, "content");
    const folder = await open(into("/data"));
    expect(await folder.place(soon())).to.deep.equal({ isFolder: true });
    expect(await send(folder, "file", content)).to.deep.equal({ note: null });
    const named = await open(into("/data/other"));
    expect(await named.place(soon())).to.deep.equal({ isFolder: false });
    expect(await send(named, "other", content)).to.deep.equal({ note: null });
    for (const name of ["file", "other"])
      expect((await readFile(join(root, "data", name))).equals(content)).to.equal(true);
    const target = join(root, "back");
    const chunks = (await open(outOf("/data"))).read(soon());
    expect(await unpackArchive(chunks, { root: "data", into: target })).to.include({ files: 2, leftOut: 0 });
    expect((await readFile(join(target, "other"))).equals(content)).to.equal(true);
  });

  it("end with what the tar says, and say what is missing", async () => {
    const { open } = await setup();
    const end = await endOf(await open(outOf("/data/none")));
    expect("error" in end && end.error).to.include({ code: "COPY_FAILED" });
    expect("error" in end && end.error.message).to.contain("No such file");
    expect(await codeOf(open(into("/none/")))).to.equal("COPY_FAILED");
    const away = await open(into("/none/file"));
    await away.place(soon());
    // A tar that has ended is heard although the archive has not.
    expect("error" in (await send(away, "file", Buffer.alloc(100)))).to.equal(true);
    const bare = await setup({ missing: ["tar"] });
    expect(await codeOf(bare.open(outOf("/data")))).to.equal("COPY_FAILED");
  });

  it("leave no file under its name that was not ended, as far as the tar can help it", async () => {
    const { open, root, running } = await setup();
    const talk = await open(into("/data"));
    await talk.place(soon());
    await talk.write(tarHeader({ name: "half", type: "file", mode: 0o644, mtime: 0, size: 1_000 }), soon());
    await talk.close();
    await until(() => Promise.resolve(running() === 0), "the tar is let go of");
    expect((await readFile(join(root, "data", "half")).catch(() => Buffer.alloc(0))).length).to.be.lessThan(
      1_000,
    );
  });

  it("need the scope exec", async () => {
    const { open, asked } = await setup({ refuse: new ProtocolError("GRANT_SCOPE", "not covered") });
    expect(await codeOf(open(outOf("/data")))).to.equal("GRANT_SCOPE");
    expect(asked).to.deep.equal(["exec"]);
  });

  it("carry so many bytes at most, and end when nothing moves", async () => {
    const small = await setup({ maxCopyBytes: 10_000 });
    const talk = await small.open(into("/data"));
    await talk.place(soon());
    const end = await send(talk, "big", Buffer.alloc(50_000));
    expect("error" in end && end.error.code).to.equal("INPUT_TOO_LARGE");
    const slow = await setup({ copyIdleMs: 200 });
    const idle = await slow.open(into("/data"));
    await idle.place(soon());
    const ended = await endOf(idle);
    expect("error" in ended && ended.error.code).to.equal("TIMEOUT");
  });

  it(`are at most ${COPY_LIMITS.perLease} in one lease, and a place is given back`, async () => {
    const { open, pair } = await setup();
    // One connection carries as many as one client may have.
    await pair.dialer.dial(pair.listener.getMultiaddrs(), { force: true });
    expect(MAX_COPIES_PER_CLIENT).to.equal(COPY_LIMITS.perLease);
    const talks = [];
    for (let count = 0; count < COPY_LIMITS.perLease; count += 1) talks.push(await open(into("/data")));
    expect(await codeOf(open(into("/data"), 1))).to.equal("LIMIT_REACHED");
    await talks[0]?.close();
    await until(async () => (await codeOf(open(into("/data"), 1))) === "(no error)", "a place is free");
  });

  interface Changes {
    readonly refuse?: ProtocolError;
    readonly missing?: readonly string[];
    readonly copyIdleMs?: number;
    readonly maxCopyBytes?: number;
  }

  async function setup({ refuse, missing, ...bounds }: Changes = {}) {
    const root = await mkdtemp(join(tmpdir(), "fizz-copy-"));
    cleanups.push(() => rm(root, { recursive: true, force: true }));
    await mkdir(join(root, "data"));
    const pair = await createLibp2pPair();
    cleanups.push(() => pair.stop());
    const asked: string[] = [];
    const gate = {
      authorize: async (_credentials: unknown, scope: string) => {
        asked.push(scope);
        if (refuse !== undefined) throw refuse;
        return await Promise.resolve({ leaseHash: hashOf("lease"), signal: new AbortController().signal });
      },
    };
    const start = localTar(root, missing);
    let running = 0;
    const exec = async (_lease: unknown, command: Parameters<typeof start>[0]) => {
      const session = start(command);
      running += 1;
      let isClosed = false;
      const close = (): void => {
        if (!isClosed) running -= 1;
        isClosed = true;
        session.close();
      };
      return await Promise.resolve({ ...session, close });
    };
    const context = { log: silentLog, gatewayPeer: "", signal: new AbortController().signal };
    const limits = { enter: () => () => undefined };
    const services = { gate, copies: new CopyDesk({ exec }), ...bounds };
    await serveCopy(pair.listener, services, { ...context, limits });
    const { signed } = await new TestTenant().grant();
    const open = async (copy: CopyCommand, over = 0): Promise<CopyTalk> => {
      const stream = await pair.dialer
        .getConnections()
        [over]?.newStream(protocols.copy, { maxOutboundStreams: 100 });
      if (stream === undefined) throw new Error("there is no connection");
      return await openCopy(stream, { signed, copy }, soon());
    };
    return { root, pair, asked, open, running: () => running };
  }
});

async function send(talk: CopyTalk, name: string, content: Uint8Array): Promise<CopyEnd> {
  const header = tarHeader({ name, type: "file", mode: 0o644, mtime: 0, size: content.length });
  for (const part of [header, content, paddingOf(content.length), archiveEnd()])
    await talk.write(part, soon());
  await talk.end({ note: null }, soon());
  return await endOf(talk);
}

async function endOf(talk: CopyTalk): Promise<CopyEnd> {
  const words = talk.read(soon());
  for (;;) {
    const next = await words.next();
    if (next.done === true) return next.value;
  }
}
