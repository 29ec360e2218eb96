import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { type Origins, ORIGINS } from "../origins.ts";
import { type BenchContext, runProcess } from "../run-process.ts";
import { type Way } from "./way.ts";

/** Two Node processes that pipe sockets, for each origin. */
export async function startRawPipe(origins: Origins, context: BenchContext, cleanup: Cleanup): Promise<Way> {
  const ports = { ...origins };
  for (const origin of ORIGINS) {
    for (let hop = 0; hop < 2; hop += 1) {
      const port = await freePort();
      const { daemon } = await runProcess({ file: "pipe.ts", args: [port, ports[origin]] }, context);
      cleanup.use(daemon.name, daemon);
      ports[origin] = port;
    }
  }
  return { name: "pipe", ports, otherPorts: ports };
}
