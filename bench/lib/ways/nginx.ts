import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { type Origins, ORIGINS, startNginx } from "../origins.ts";
import { NGINX_STREAM } from "../programs.ts";
import { type BenchContext } from "../run-process.ts";
import { type Way } from "./way.ts";

/** Two processes of nginx that forward TCP. */
export async function startNginxStream(
  origins: Origins,
  context: BenchContext,
  cleanup: Cleanup,
): Promise<Way> {
  let ports = origins;
  for (let hop = 1; hop <= 2; hop += 1) {
    const next = { bulk: await freePort(), http: await freePort(), echo: await freePort() };
    const servers = ORIGINS.map(
      (name) =>
        `server { listen 127.0.0.1:${next[name]} backlog=4096; proxy_pass 127.0.0.1:${ports[name]}; }`,
    );
    const config = `stream { ${servers.join("\n")} }`;
    const modules = [NGINX_STREAM];
    await startNginx({ name: `nginx-hop-${hop}`, config, port: next.bulk, modules }, context, cleanup);
    ports = next;
  }
  return { name: "nginx", ports, otherPorts: ports };
}
