import { expect } from "chai";
import { readFileSync } from "node:fs";
import {
  engineUnit,
  hostRules,
  preparedDaemonJson,
} from "../../../node-agent/src/domain/host-preparation.ts";
import { isSetByService, MACHINE_SETTINGS } from "../../../node-agent/src/domain/machine-settings.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { SWARM_LACKS } from "../../compliance/engine-swarm.ts";

/** Rows of the table of docs/SWARM.md that begins with that column. */
function tableOf(firstColumn: string): string[][] {
  const lines = readFileSync(inRoot("docs/SWARM.md"), "utf8").split("\n");
  const from = lines.findIndex((line) => line.startsWith(`| ${firstColumn} `));
  const rows = lines.slice(from + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("what a swarm's machine must set", () => {
  it("stands in the table of the docs, row by row", () => {
    const rows = MACHINE_SETTINGS.map(({ name, serviceSince, file, entry, fact }) => [
      name,
      serviceSince === undefined ? "never" : `since API ${serviceSince}`,
      `\`${file}\`: ${entry.includes("`") ? entry : `\`${entry}\``}`,
      fact === undefined ? "no" : "yes",
    ]);
    expect(tableOf("what holds a container")).to.deep.equal(rows);
  });

  it("is set by prepare-host, each in its file", () => {
    const places = { agent: "10.0.0.1", machines: ["10.0.0.1"], resolvers: [] };
    const daemon = JSON.parse(preparedDaemonJson('{"seccomp-profile":"unconfined"}', "mark")) as object;
    const texts = {
      "fizz.conf": engineUnit("/etc/fizz/swarm.nft"),
      "swarm.nft": hostRules(places, { blocked: [], allowed: [] }),
    };
    for (const { file, entry } of MACHINE_SETTINGS) {
      const missing = /^no `(.*)`$/.exec(entry)?.[1];
      if (missing !== undefined) expect(daemon).to.not.have.property(missing);
      else if (file === "daemon.json") expect(daemon).to.have.property(entry);
      else for (const part of entry.split(", ")) expect(texts[file]).to.include(part);
    }
  });

  it("is set for each service from the version on that the docs name", () => {
    for (const api of ["1.44", "1.100", "2.0"])
      expect(isSetByService("no new privileges", api)).to.equal(true);
    for (const api of ["1.43", "1.5", "", "next"])
      expect(isSetByService("no new privileges", api), api).to.equal(false);
    expect(isSetByService("no swap", "1.99")).to.equal(false);
  });
});

describe("what a swarm cannot do", () => {
  it("is in the table of the docs what the suite of the engines leaves out", () => {
    const named = tableOf("ability").flatMap(([ability = ""]) => /^`(\w+)`/.exec(ability)?.[1] ?? []);
    expect(named.sort()).to.deep.equal([...SWARM_LACKS].sort());
  });
});
