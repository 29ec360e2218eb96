import { existsSync } from "node:fs";
import { canInstallPackages, installPackages } from "./install-packages.ts";

/** A program that tests use and that Debian has. */
export interface Program {
  /** Where it may be, the best first. */
  readonly paths: readonly string[];
  /** Debian's package. */
  readonly package: string;
}

export const REGISTRY: Program = { paths: ["/usr/bin/docker-registry"], package: "docker-registry" };
export const IP: Program = { paths: ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"], package: "iproute2" };

/** Where a program is on this machine, or undefined. */
export function findProgram({ paths }: Program): string | undefined {
  return paths.find((path) => existsSync(path));
}

/** {@link findProgram}, after installing Debian's package where it is missing and we may. */
export async function ensureProgram(program: Program): Promise<string | undefined> {
  if (findProgram(program) === undefined && canInstallPackages()) {
    await installPackages([program.package], {
      code: "PROGRAM_INSTALL_FAILED",
      label: `Installing ${program.package} from Debian`,
    });
  }
  return findProgram(program);
}
