import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type OpenedStore } from "./app-store.ts";
import { type ServedNames } from "./certificate-ports.ts";
import { type PromMeter } from "./observability/prom-meter.ts";
import { newKey } from "./routing/certificates/account-key.ts";
import { AcmeAuthority } from "./routing/certificates/acme-authority.ts";
import { orderedCertificate } from "./routing/certificates/ordered-certificate.ts";
import { OrderedFiles } from "./routing/certificates/ordered-files.ts";
import { type Challenges } from "./routing/challenges.ts";
import { CertificateOrders } from "./services/certificate-orders.ts";
import { moveCertificates } from "./services/move-certificates.ts";
import { SharedChallenges } from "./services/shared-challenges.ts";
import { ShownCertificates } from "./services/shown-certificates.ts";
import { type Part, type StartContext } from "./start-context.ts";
import { CertificateStore } from "./store/certificate-store.ts";
import { SqlChallengeStore } from "./store/challenge-store.ts";

interface CertificateParts {
  /** The public's HTTP ports of this process. */
  readonly router: { readonly challenges: Pick<Challenges, "show">; readonly names: ServedNames };
  readonly meter: PromMeter;
  readonly opened: Pick<OpenedStore, "store" | "shared" | "processId">;
}

/**
 * What orders certificates and shows them, if the settings say so: to be started in this order, when the doors of before
 * are open. All processes show them and answer challenges; one orders.
 */
export function createCertificates(context: StartContext, parts: CertificateParts): Part[] {
  const { config, drain, key: operatorKey } = context;
  if (!config.acme) return [];
  const { router, meter, opened } = parts;
  const { store, shared, processId } = opened;
  const { acmeMaxNames: maxNames } = config;
  const logger = context.logger.child({ part: "certificates" });
  const shelf = new CertificateStore(store, { operatorKey, logger, certificateOf: orderedCertificate });
  const challenges = new SqlChallengeStore(store, { operatorKey, processId });
  const { names, challenges: desk } = router;
  const shown = new ShownCertificates({ stored: shelf, challenges, desk, names, logger });
  shared?.onNotify((channel) => {
    if (channel === "fizz_certificates") shown.ask();
  });
  const orders = new CertificateOrders(
    {
      ...{
        authority: authorityOf(context, shelf, new SharedChallenges({ store: challenges, desk, logger })),
      },
      ...{ shelf, names, meter, clock: Date.now, logger },
      // Another process answers for one that drains.
      mayOrder: () => drain.times === undefined || shared !== undefined,
    },
    { maxNames, perHour: config.acmeOrdersPerHour },
  );
  meter.watchCertificates(() => ({ ...shown.counts(), leftOut: orders.leftOut }));
  const files = new OrderedFiles(logger, join(config.dataDir, "acme"));
  const keepAccount = (key: string): Promise<string> => shelf.accountKey(() => key);
  const moving: Part = {
    start: () => moveCertificates({ files, shelf, keepAccount, logger }),
    stop: () => undefined,
  };
  return [moving, shown, shared?.alone("certificates", orders) ?? orders];
}

function authorityOf(
  { config }: StartContext,
  shelf: CertificateStore,
  challenges: SharedChallenges,
): AcmeAuthority {
  const { acmeDirectory: directory, acmeEmail: email, acmeCaFile } = config;
  return new AcmeAuthority(challenges, {
    directory,
    email,
    ca: acmeCaFile === undefined ? undefined : readCa(acmeCaFile),
    accountKey: () => shelf.accountKey(newKey),
  });
}

function readCa(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", `${path} (acmeCaFile) cannot be read.`, { cause });
  }
}
