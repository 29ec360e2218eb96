/** Absolute path of the folder of a program's bundle, whether there is one or not. */
export function bundleFolder(program: string): string;
