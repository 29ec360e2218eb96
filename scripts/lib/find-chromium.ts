import { findProgram, type Program } from "./ensure-program.ts";

export const CHROMIUM: Program = {
  paths: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(
    (name) => `/usr/bin/${name}`,
  ),
  package: "chromium",
};

/** A Chromium that is installed on this machine, or undefined. */
export function findChromium(): string | undefined {
  return findProgram(CHROMIUM);
}
