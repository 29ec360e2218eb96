import { globSync, readFileSync } from "node:fs";
import { z } from "zod";
import { inRoot } from "./paths.ts";

/** Of each contract: where each variable lies, and the fields of the structs that it keeps. */
export type StorageLayouts = Record<
  string,
  { variables: Record<string, string>; structs: Record<string, Record<string, string>> }
>;

const variableSchema = z.object({
  label: z.string(),
  offset: z.number(),
  slot: z.string(),
  type: z.string(),
});
const layoutSchema = z.object({
  storage: z.array(variableSchema),
  types: z
    .record(z.string(), z.object({ label: z.string(), members: z.array(variableSchema).optional() }))
    .nullable(),
});
const artifactSchema = z.object({
  contractName: z.string(),
  bytecode: z.string(),
  inputSourceName: z.string(),
  buildInfoId: z.string(),
});
const buildSchema = z.object({
  output: z.object({
    contracts: z.record(
      z.string(),
      z.record(z.string(), z.object({ storageLayout: layoutSchema.optional() })),
    ),
  }),
});

type Layout = z.infer<typeof layoutSchema>;

/** Reads the layouts of all contracts that are deployed, mocks apart, from the artifacts of `hardhat build`. */
export function readStorageLayouts(): StorageLayouts {
  const builds = new Map<string, z.infer<typeof buildSchema>>();
  const buildOf = (id: string) => {
    const known = builds.get(id) ?? buildSchema.parse(readJson(`artifacts/build-info/${id}.output.json`));
    builds.set(id, known);
    return known;
  };
  const found = globSync("artifacts/contracts/**/*.sol/*.json", { cwd: inRoot(".") })
    .filter((path) => !/[/](mocks|interfaces|libraries)[/]/.test(path))
    .map((path) => artifactSchema.parse(readJson(path)))
    .filter(({ bytecode }) => bytecode !== "0x")
    .sort((a, b) => (a.contractName < b.contractName ? -1 : 1))
    .map(({ contractName, inputSourceName, buildInfoId }) => {
      const layout = buildOf(buildInfoId).output.contracts[inputSourceName]?.[contractName]?.storageLayout;
      if (layout === undefined) throw new Error(`${contractName} has no layout. Run "npm run build".`);
      return [contractName, describe(layout)] as const;
    });
  return Object.fromEntries(found);
}

function describe({ storage, types }: Layout): StorageLayouts[string] {
  const labelOf = (type: string) => types?.[type]?.label ?? type;
  const place = ({ label, offset, slot, type }: z.infer<typeof variableSchema>) =>
    [`${hex(slot)}+${offset}`, `${label}: ${labelOf(type)}`] as const;
  const structs = Object.values(types ?? {})
    .filter(({ members }) => members !== undefined)
    .map(({ label, members = [] }) => [label, Object.fromEntries(members.map(place))] as const);
  return { variables: Object.fromEntries(storage.map(place)), structs: Object.fromEntries(structs) };
}

/** Small slots as numbers, those of namespaces in hex. Never a bare number: such keys would be sorted. */
function hex(slot: string): string {
  return `0x${BigInt(slot).toString(16)}`;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(inRoot(path), "utf8"));
}
