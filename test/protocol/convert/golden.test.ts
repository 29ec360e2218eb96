import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type ConvertFinding, type ConvertOptions, convertToManifest } from "@fizz/protocol/convert";
import { parseManifest } from "@fizz/protocol/manifest";
import { expect } from "chai";

const FOLDER = new URL("./golden/", import.meta.url);
/** Sources that are converted to a mode that they would not get by themselves, too. */
const FORCED: readonly (readonly [source: string, mode: "fizz" | "provider"])[] = [
  ["compose/host-network", "fizz"],
  ["compose/peer", "provider"],
  ["compose/traefik", "fizz"],
  ["compose/wordpress", "fizz"],
  ["akash/hello-world", "fizz"],
  ["akash/several-placements", "fizz"],
];

describe("convertToManifest on files as people write them", () => {
  for (const source of sources()) check(source, source, {});
  for (const [source, mode] of FORCED) check(source, `${source}.${mode}`, { mode });
});

/** Set UPDATE_GOLDEN=1 to write down what is made now; the difference is for a person to judge. */
function check(source: string, name: string, options: ConvertOptions): void {
  it(`makes ${name}`, () => {
    const { from, manifest, findings } = convertToManifest(read(`${source}.yaml`), options);
    const shown = findings.map(showFinding).join("");
    if (process.env["UPDATE_GOLDEN"] === "1") {
      write(`${name}.findings.txt`, shown);
      if (manifest !== null) write(`${name}.manifest.yaml`, manifest);
    }
    expect(from).to.equal(source.split("/")[0]);
    expect(shown).to.equal(read(`${name}.findings.txt`));
    if (manifest === null) {
      expect(findings.some(({ severity }) => severity === "error")).to.equal(true);
      return;
    }
    expect(manifest).to.equal(read(`${name}.manifest.yaml`));
    const parsed = parseManifest(manifest);
    expect(parsed.ok ? [] : parsed.issues).to.deep.equal([]);
  });
}

function sources(): string[] {
  return ["compose", "akash"].flatMap((format) =>
    readdirSync(new URL(format, FOLDER))
      .filter((file) => file.endsWith(".yaml") && !file.endsWith(".manifest.yaml"))
      .map((file) => `${format}/${file.replace(/\.yaml$/, "")}`),
  );
}

function showFinding({ line, column, severity, code, path, found, done }: ConvertFinding): string {
  return `${line}:${column} ${severity} ${code} ${path === "" ? "-" : path} | ${found} | ${done}\n`;
}

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

function write(name: string, text: string): void {
  writeFileSync(new URL(name, FOLDER), text);
}
