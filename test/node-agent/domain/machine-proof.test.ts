import { expect } from "chai";
import { doubtOf, faultsOf, probeScript, readProof } from "../../../node-agent/src/domain/machine-proof.ts";

const MACHINES = ["10.0.0.1", "10.0.0.2"];
const HELD = ["nnp 1", "seccomp 2", "files 65536", "swap 0", "gateway 172.18.0.1"];
const CLOSED = ["172.18.0.1 7946", "10.0.0.1 7946", "10.0.0.2 7946", "169.254.169.254 80"];
const GOOD = [...HELD, "open 127.0.0.1 7946", ...CLOSED.map((place) => `closed ${place}`), "end"];

/** The output with one line, by its beginning, replaced or taken away. */
function changed(beginning: string, by?: string): string[] {
  return GOOD.flatMap((line) => (line.startsWith(beginning) ? (by ?? []) : line));
}

function proofOf(lines: readonly string[]) {
  const proof = readProof(lines);
  if (proof === undefined) throw new Error("there is no proof");
  return proof;
}

describe("the proof of a swarm's machine", () => {
  it("finds nothing wrong with a machine that is closed", () => {
    expect(doubtOf(proofOf(GOOD), MACHINES)).to.equal(undefined);
    expect(faultsOf(proofOf(GOOD))).to.deep.equal([]);
  });

  it("is none before its end", () => {
    for (const lines of [[], GOOD.slice(0, -1)]) expect(readProof(lines)).to.equal(undefined);
  });

  it("proves nothing without a port that it sees open, a way out, and a knock at every machine", () => {
    const doubtful = [
      changed("open 127.0.0.1", "closed 127.0.0.1 7946"),
      changed("open 127.0.0.1"),
      changed("gateway", "gateway "),
      changed("closed 10.0.0.2"),
    ];
    for (const lines of doubtful) expect(doubtOf(proofOf(lines), MACHINES), lines.join()).to.be.a("string");
  });

  it("tells each thing that is open or missing, also one of which nothing is said", () => {
    const faults = [
      ...CLOSED.map((place) => changed(`closed ${place}`, `open ${place}`)),
      changed("nnp", "nnp 0"),
      changed("nnp"),
      changed("seccomp", "seccomp 0"),
      changed("files", "files unlimited"),
      changed("files", "files 1048576"),
      changed("files"),
      changed("swap", "swap 1"),
      changed("swap"),
    ];
    for (const lines of faults) expect(faultsOf(proofOf(lines)), lines.join()).to.have.length(1);
  });

  it("knocks at every machine, where something listens on each", () => {
    const script = probeScript(MACHINES);
    expect(script).to.match(/for to in 127\.0\.0\.1 \$gateway 10\.0\.0\.1 10\.0\.0\.2; do knock \$to 7946/);
    expect(script).to.include("knock 169.254.169.254 80");
  });
});
