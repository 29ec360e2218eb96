import { type ExecClient, openExec } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ExecCommand, protocols } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type ExecSession } from "../../../node-agent/src/exec-ports.ts";
import { EXEC_LIMITS, MAX_EXECS_PER_CLIENT, serveExec } from "../../../node-agent/src/p2p/exec-protocol.ts";
import { type ControlGate } from "../../../node-agent/src/ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { createLibp2pPair } from "../../support/libp2p-pair.ts";
import { until } from "../../support/until.ts";
import { hashOf } from "../support/builders.ts";
import { fakeExec } from "../support/fake-exec.ts";
import { silentLog } from "../support/silent-log.ts";
import { TestTenant } from "../support/tenant.ts";

const LEASE = hashOf("lease");
const CAT: ExecCommand = { service: "web", replica: 0, command: ["/bin/cat"], terminal: null };
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe("programs of tenants", function () {
  this.timeout(20_000);
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it("get what is typed, and their output comes back, to the exit code", async () => {
    const { open, sessions } = await setup();
    const program = await open(CAT);
    await program.write(Buffer.alloc(200_000, "x"), soon());
    await program.endInput(soon());
    const { text, exitCode } = await readAll(program);
    expect([text.length, exitCode]).to.deep.equal([200_000, 0]);
    await until(() => Promise.resolve(sessions.closed === 1), "it is let go of");
  });

  it("need the scope of their own, which the gate is asked for", async () => {
    const { open, asked } = await setup({ refuse: new ProtocolError("GRANT_SCOPE", "not covered") });
    expect(await codeOf(open(CAT))).to.equal("GRANT_SCOPE");
    expect(asked).to.deep.equal(["exec"]);
  });

  it("are told when they cannot be run", async () => {
    const failure = new ProtocolError("SERVICE_UNREACHABLE", "does not run");
    const { open } = await setup({ exec: () => Promise.reject(failure) });
    expect(await codeOf(open(CAT))).to.equal("SERVICE_UNREACHABLE");
  });

  it("are let go of when their tenant is gone", async () => {
    const { open, sessions, pair } = await setup();
    await open(CAT);
    pair.lose();
    await until(() => Promise.resolve(sessions.closed === 1), "it is let go of");
  });

  it("end with the grant, and say so", async () => {
    const grant = new AbortController();
    const { open, sessions } = await setup({ granted: grant.signal });
    const program = await open(CAT);
    grant.abort(new ProtocolError("GRANT_REVOKED", "The tenant revoked it."));
    expect(await codeOf(readAll(program))).to.equal("GRANT_REVOKED");
    expect(sessions.closed).to.equal(1);
  });

  it("end when nothing has moved for too long, and not before", async () => {
    const { open } = await setup({ idleMs: 300 });
    const program = await open(CAT);
    const reading = codeOf(readAll(program));
    for (let times = 0; times < 5; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await program.write(Buffer.from("x"), soon());
    }
    expect(await reading).to.equal("TIMEOUT");
  });

  it("lose their input to a tenant that sends what is none", async () => {
    const { open, pair, sessions } = await setup();
    const [connection] = pair.dialer.getConnections();
    const stream = await connection?.newStream(protocols.exec);
    if (stream === undefined) throw new Error("there is no connection");
    await openExec(stream, { signed: (await new TestTenant().grant()).signed, exec: CAT }, soon());
    // A frame of a kind that there is not.
    stream.send(Uint8Array.of(0, 0, 0, 1, 99));
    await until(() => Promise.resolve(sessions.closed === 1), "it is let go of");
    await (await open(CAT)).close();
  });

  it(`are at most ${EXEC_LIMITS.perLease} in one lease, and a place is given back`, async () => {
    const { open, sessions, pair } = await setup();
    // One connection carries half of them.
    const others = [pair.listener.getMultiaddrs(), pair.listener.getMultiaddrs()];
    for (const addresses of others) await pair.dialer.dial(addresses, { force: true });
    const programs = [];
    for (let count = 0; count < EXEC_LIMITS.perLease; count += 1)
      programs.push(await open(CAT, Math.floor(count / MAX_EXECS_PER_CLIENT)));
    expect(await codeOf(open(CAT, 2))).to.equal("LIMIT_REACHED");
    await programs[0]?.endInput(soon());
    await until(() => Promise.resolve(sessions.closed === 1), "one has ended");
    await (await open(CAT, 2)).close();
  });

  interface Changes {
    readonly refuse?: ProtocolError;
    readonly granted?: AbortSignal;
    readonly idleMs?: number;
    readonly exec?: () => Promise<ExecSession>;
  }

  async function setup({ refuse, granted = new AbortController().signal, idleMs, exec }: Changes = {}) {
    const pair = await createLibp2pPair();
    cleanups.push(() => pair.stop());
    const asked: string[] = [];
    const sessions = { closed: 0 };
    const gate: Pick<ControlGate, "authorize"> = {
      authorize: async (_credentials, scope) => {
        asked.push(scope);
        if (refuse !== undefined) throw refuse;
        return await Promise.resolve({ leaseHash: LEASE, signal: granted });
      },
    };
    const start = async (command: ExecCommand): Promise<ExecSession> => {
      if (exec !== undefined) return await exec();
      const session = fakeExec(command);
      let isClosed = false;
      const close = (): void => {
        if (!isClosed) sessions.closed += 1;
        isClosed = true;
        session.close();
      };
      return { ...session, close };
    };
    const services = {
      gate,
      programs: { exec: async (_lease: unknown, command: ExecCommand) => await start(command) },
    };
    const context = { log: silentLog, gatewayPeer: "", signal: new AbortController().signal };
    const limits = { enter: () => () => undefined };
    const execIdleMs = idleMs === undefined ? {} : { execIdleMs: idleMs };
    await serveExec(pair.listener, { ...services, ...execIdleMs }, { ...context, limits });
    const { signed } = await new TestTenant().grant();
    const open = async (command: ExecCommand, over = 0): Promise<ExecClient> => {
      const connection = pair.dialer.getConnections()[over];
      const stream = await connection?.newStream(protocols.exec, { maxOutboundStreams: 100 });
      if (stream === undefined) throw new Error("there is no connection");
      return await openExec(stream, { signed, exec: command }, soon());
    };
    return { pair, asked, sessions, open };
  }
});

async function readAll(program: ExecClient): Promise<{ text: string; exitCode: number | null }> {
  let text = "";
  const output = program.output(soon());
  for (;;) {
    const next = await output.next();
    if (next.done === true) return { text, exitCode: next.value };
    text += Buffer.from(next.value.bytes).toString();
  }
}
