import { existsSync } from "node:fs";
import { withProgress } from "./progress.js";
import { requireCommand } from "./run-command.ts";

const APT = "/usr/bin/apt-get";

/** Whether this user may install Debian packages here. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && existsSync(APT);
}

/**
 * Installs Debian packages, with progress on stderr. Throws with `code` when that fails, offline above all. Cannot be
 * aborted: an interrupted dpkg would need repair by hand.
 */
export async function installPackages(
  packages: readonly string[],
  options: { code: string; label: string },
): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const lock = ["-o", "DPkg::Lock::Timeout=300"];
  await withProgress(options.label, async (setDetail) => {
    setDetail("reading the package lists");
    await requireCommand(options.code, [APT, ...lock, "update"], { env });
    setDetail("installing");
    const install = [APT, ...lock, "install", "-y", "--no-install-recommends", ...packages];
    await requireCommand(options.code, install, { env });
  });
}
