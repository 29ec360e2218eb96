import { existsSync } from "node:fs";
import { canInstallPackages, installPackages } from "./install-packages.ts";

const PATHS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(
  (name) => `/usr/bin/${name}`,
);

/** A Chromium that is installed on this machine, or undefined. */
export function findChromium(): string | undefined {
  return PATHS.find((path) => existsSync(path));
}

/** {@link findChromium}, after installing Debian's where there is none and we may. */
export async function ensureChromium(): Promise<string | undefined> {
  if (findChromium() === undefined && canInstallPackages()) {
    await installPackages(["chromium"], {
      code: "CHROMIUM_INSTALL_FAILED",
      label: "Installing Chromium from Debian",
    });
  }
  return findChromium();
}
