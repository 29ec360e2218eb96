import { join } from "node:path";
import { createCertificates } from "./app-certificates.ts";
import { type OpenedStore } from "./app-store.ts";
import { type Config } from "./config.ts";
import { DOOR_SETTINGS, doorLimits } from "./door-settings.ts";
import { DoorGuard } from "./doors/door-guard.ts";
import { DoorKeeper, type DoorKeeperComponents } from "./doors/door-keeper.ts";
import { ProxiedCallers } from "./doors/proxied-callers.ts";
import { type PromMeter } from "./observability/prom-meter.ts";
import { HostRouter, type HostRouterInit } from "./routing/host-router.ts";
import { type Part, type StartContext } from "./start-context.ts";

interface DoorParts extends Pick<DoorKeeperComponents, "chain" | "store" | "shared" | "leases" | "tunnels"> {
  readonly meter: PromMeter;
  readonly opened: OpenedStore;
}

/** Both kinds of doors share one guard. */
export function createDoors(
  context: StartContext,
  parts: DoorParts,
): { readonly router: HostRouter; readonly doors: DoorKeeper; readonly certificates: Part[] } {
  const { config, logger, drain, reloader } = context;
  const guard = new DoorGuard(doorLimits(config));
  const callers = new ProxiedCallers(config.trustProxy);
  const router = new HostRouter(
    { ...parts, callers, places: guard, logger: logger.child({ part: "routing" }) },
    routerInit(config),
  );
  parts.meter.watchRouted(router.counts);
  const { ports: pool, doorHost: host, publicHost } = config;
  const doors = new DoorKeeper(
    { ...parts, router, guard, callers, logger: logger.child({ part: "doors" }) },
    { pool, host, publicHost },
  );
  drain.attach(doors);
  reloader.add({
    name: "doors",
    keys: DOOR_SETTINGS,
    reload: (settings) => {
      callers.setTrusted(settings.trustProxy);
      doors.setLimits(doorLimits(settings));
    },
  });
  if (config.httpsPort !== undefined)
    reloader.add({
      name: "certificates",
      keys: ["certificates"],
      check: ({ certificates }) => {
        router.checkCertificates(certificates);
      },
      reload: () => {
        router.takeCertificates();
      },
    });
  return { router, doors, certificates: createCertificates(context, { ...parts, router }) };
}

function routerInit(config: Config): HostRouterInit {
  const { doorHost: host, domain, httpPort, httpsPort, publicHost, apiUrl } = config;
  const apiHost = apiUrl === undefined ? [] : [new URL(apiUrl).hostname];
  const folder = join(config.dataDir, "tls");
  return {
    host,
    domain,
    httpPort,
    https: httpsPort === undefined ? undefined : { port: httpsPort, folder, given: config.certificates },
    ownNames: [publicHost, ...apiHost],
  };
}
