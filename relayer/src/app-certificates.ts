import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type PromMeter } from "./observability/prom-meter.ts";
import { accountKey } from "./routing/certificates/account-key.ts";
import { AcmeAuthority } from "./routing/certificates/acme-authority.ts";
import { OrderedFiles } from "./routing/certificates/ordered-files.ts";
import { type HostRouter } from "./routing/host-router.ts";
import { CertificateOrders } from "./services/certificate-orders.ts";
import { type StartContext } from "./start-context.ts";

/** What orders certificates, if the settings say so: to be started when the doors of before are open. */
export function createCertificateOrders(
  { config, logger, drain }: StartContext,
  { router, meter }: { readonly router: HostRouter; readonly meter: PromMeter },
): CertificateOrders[] {
  if (!config.acme) return [];
  const { acmeDirectory: directory, acmeEmail: email, acmeCaFile, acmeMaxNames: maxNames } = config;
  const log = logger.child({ part: "certificates" });
  const folder = join(config.dataDir, "acme");
  const authority = new AcmeAuthority(router.challenges, {
    directory,
    email,
    ca: acmeCaFile === undefined ? undefined : readCa(acmeCaFile),
    accountKey: () => accountKey(join(folder, "account.key"), log),
  });
  const shelf = new OrderedFiles(log, folder);
  const mayOrder = (): boolean => drain.times === undefined;
  const orders = new CertificateOrders(
    { authority, shelf, names: router.names, meter, clock: Date.now, logger: log, mayOrder },
    { maxNames, perHour: config.acmeOrdersPerHour },
  );
  meter.watchCertificates(() => orders.counts());
  return [orders];
}

function readCa(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", `${path} (acmeCaFile) cannot be read.`, { cause });
  }
}
