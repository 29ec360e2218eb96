import { expect } from "chai";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { childEnvironment } from "../../../scripts/lib/child-environment.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";

/** Everything of the agent, loaded in a process of its own; tells what of CommonJS came along. */
const PROGRAM = `
  const { createRequire } = await import("node:module");
  await import(${JSON.stringify(inRoot("node-agent/src/commands/start.ts"))});
  process.stdout.write(Object.keys(createRequire(import.meta.url).cache).join("\\n"));
`;

describe("the client of the Docker Engine", function () {
  this.timeout(60_000);

  it("is all that the agent loads of dockerode: neither gRPC nor SSH", async () => {
    const run = promisify(execFile);
    const args = ["--input-type=module", "-e", PROGRAM];
    const { stdout } = await run(process.execPath, args, {
      env: childEnvironment({}),
      cwd: inRoot("node-agent"),
    });
    expect(stdout).to.match(/node_modules\/dockerode\/lib\/docker\.js/);
    expect(stdout).not.to.match(/node_modules\/(@grpc|protobufjs|ssh2)\//);
  });
});
