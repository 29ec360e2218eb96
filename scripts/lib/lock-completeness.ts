/** What matters here of one entry of package-lock.json. */
export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Entries of package-lock.json by their place. */
export type LockPackages = Readonly<Record<string, LockEntry>>;

/** An optional package that another one names and the lock file does not hold. */
export interface MissingPackage {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

/**
 * Optional packages that the lock file names but does not hold. npm leaves out builds for other platforms when the
 * registry that it asked does not carry them, and then refuses `npm ci` for that reason, on every platform.
 */
export function findMissingOptional(packages: LockPackages): readonly MissingPackage[] {
  return Object.entries(packages).flatMap(([place, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isHeld(packages, place, name))
      .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
  );
}

/** Whether a package is found from a place, as Node looks for it: there, then one level up, and so on. */
function isHeld(packages: LockPackages, place: string, name: string): boolean {
  for (let base = place; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    if (Object.hasOwn(packages, `${base === "" ? "" : `${base}/`}node_modules/${name}`)) return true;
    if (base === "") return false;
  }
}
