import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type Plugin } from "esbuild";

/** Where a source says where it is; what stands before it when it starts a thread, and the thread's name. */
export const PLACE = /(?:(new Worker\(\s*new URL\("\.\/([\w-]+))\.ts", )?import\.meta\.url/g;

const MODULE_SYNTAX = /^(?:import|export)[\s{*]/m;

/** A CommonJS package is loaded from its own files, as Node does it: native code and threads are found beside them. */
export function commonJsStaysOutside(folder: string): Plugin {
  const asked = "fizz-resolve";
  return {
    name: "commonjs-stays-outside",
    setup: (options) => {
      options.onResolve({ filter: /./ }, async ({ path, pluginData, ...how }) => {
        if (pluginData === asked || how.kind === "entry-point" || path.startsWith("node:")) return undefined;
        const found = await options.resolve(path, { ...how, pluginData: asked });
        if (found.errors.length > 0 || found.external || !(await isCommonJs(found.path))) return found;
        return { path: relative(folder, found.path), external: true };
      });
    },
  };
}

async function isCommonJs(path: string): Promise<boolean> {
  if (/\.(cjs|node|json)$/.test(path)) return true;
  if (!path.endsWith(".js")) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined && (JSON.parse(text) as { type?: string }).type === "module") return false;
    // The file that a package names for bundlers is an ES module, whatever the package says of its files in general.
    if (text !== undefined || folder === dirname(folder))
      return !MODULE_SYNTAX.test(await readFile(path, "utf8"));
  }
}

/** `import.meta.url` goes on to say where the source is; a thread is started from the file beside the program's. */
export function modulesKnowTheirPlace(folder: string): Plugin {
  return {
    name: "modules-know-their-place",
    setup: (options) => {
      options.onLoad({ filter: /\/(protocol|node-agent|relayer)\/src\/.*\.ts$/ }, async ({ path }) => {
        const place = `new URL(${JSON.stringify(relative(folder, path))}, import.meta.url).href`;
        const contents = (await readFile(path, "utf8")).replaceAll(PLACE, (_, thread?: string) =>
          thread === undefined ? place : `${thread}.js", import.meta.url`,
        );
        return { contents, loader: "ts" };
      });
    },
  };
}
