import { type ExecCommand } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { ProgramDesk } from "../../../node-agent/src/leases/program-desk.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf, observed, storedLease } from "../support/builders.ts";
import { fakeExec } from "../support/fake-exec.ts";

const LEASE = hashOf("lease");
const command = (service: string, replica = 0): ExecCommand => ({
  ...{ service, replica },
  ...{ command: ["/bin/cat"], terminal: null },
});

describe("ProgramDesk", () => {
  it("runs a program in the container that is meant, the old one while an update is under way", async () => {
    const { run, asked } = setup([
      observed({ id: "new", version: 2, service: "web", state: "running" }),
      observed({ id: "old", version: 1, service: "web", state: "running" }),
      observed({ id: "other", version: 1, service: "web", state: "running", leaseHash: hashOf("other") }),
      observed({ id: "second", version: 1, service: "web", replica: 1, state: "running" }),
    ]);
    await run(command("web"));
    await run(command("web", 1));
    expect(asked).to.deep.equal(["old", "second"]);
  });

  it("runs none in another's lease, in a container that does not run, or in one that is not there", async () => {
    const { run } = setup([
      observed({ id: "web", service: "web", state: "exited" }),
      observed({ id: "other", service: "db", state: "running", leaseHash: hashOf("other") }),
    ]);
    expect(await codeOf(run(command("web")))).to.equal("SERVICE_UNREACHABLE");
    expect(await codeOf(run(command("db")))).to.equal("SERVICE_UNKNOWN");
    expect(await codeOf(run(command("web", 1)))).to.equal("SERVICE_UNKNOWN");
    expect(await codeOf(run(command("db"), hashOf("other")))).to.equal("LEASE_NOT_FOUND");
  });

  function setup(containers: readonly ObservedContainer[]) {
    const asked: string[] = [];
    const desk = new ProgramDesk({
      engine: {
        exec: async (id, program) => {
          asked.push(id);
          return await Promise.resolve(fakeExec(program));
        },
      },
      store: { find: (leaseHash) => (leaseHash === LEASE ? storedLease() : undefined) },
      containers: () => containers,
    });
    const run = async (wanted: ExecCommand, lease = LEASE): Promise<unknown> =>
      await desk.exec(lease, wanted, AbortSignal.timeout(1_000));
    return { run, asked };
  }
});
