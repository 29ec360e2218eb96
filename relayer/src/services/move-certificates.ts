import { type CertificateFiles, type CertificateShelf } from "../certificate-ports.ts";
import { type Logger } from "../ports.ts";

export interface MoveComponents {
  readonly files: CertificateFiles;
  readonly shelf: Pick<CertificateShelf, "load" | "save" | "saveHistory">;
  /** Keeps the key of the account, when there is none yet. */
  readonly keepAccount: (key: string) => Promise<unknown>;
  readonly logger: Logger;
}

/** Brings certificates that lie in files into the store, once; what is in the store already stays as it is. */
export async function moveCertificates({ files, shelf, keepAccount, logger }: MoveComponents): Promise<void> {
  const { certificates, history, accountKey } = files.load();
  if (certificates.length === 0 && accountKey === undefined) return;
  try {
    const stored = await shelf.load();
    const known = new Set(stored.certificates.map(({ name }) => name));
    for (const certificate of certificates) if (!known.has(certificate.name)) await shelf.save(certificate);
    const { begun, failures } = stored.history;
    if (begun.length === 0 && failures.size === 0) await shelf.saveHistory(history);
    if (accountKey !== undefined) await keepAccount(accountKey);
    files.removeLoaded();
    const fields = { event: "certificates.moved", count: certificates.length };
    logger.info(fields, "Ordered certificates are in the database now.");
  } catch (error) {
    logger.warn(
      { event: "certificates.move.failed", error },
      "Certificates stay in their files until the next start.",
    );
  }
}
