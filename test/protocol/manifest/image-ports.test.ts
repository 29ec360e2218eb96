import { openPartOf, silentPorts } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { accepted, FIZZ, withChanges } from "./sample.ts";

const EXPOSE = "services.web.expose[0]";

describe("silentPorts", () => {
  const silent = (changes: Record<string, unknown>, imagePorts: readonly string[]): number[] => {
    const { services } = openPartOf(accepted(withChanges(FIZZ, changes)));
    return silentPorts(services[0]?.expose ?? [], imagePorts).map(({ firstPort }) => firstPort);
  };

  it("names a port that the image does not name", () => {
    expect(silent({ [`${EXPOSE}.port`]: 3_000 }, ["80/tcp", "443/tcp"])).to.deep.equal([3_000]);
    expect(silent({ [`${EXPOSE}.port`]: 8_080 }, ["80/tcp", "8080/tcp"])).to.deep.equal([]);
  });

  it("tells TCP from UDP; a number alone is TCP", () => {
    expect(silent({ [`${EXPOSE}.proto`]: "udp" }, ["8080/tcp"])).to.deep.equal([8_080]);
    expect(silent({ [`${EXPOSE}.proto`]: "udp" }, ["8080/udp"])).to.deep.equal([]);
    expect(silent({}, ["8080"])).to.deep.equal([]);
  });

  it("is content with one port of a range", () => {
    const range = { [`${EXPOSE}.port`]: undefined, [`${EXPOSE}.port_range`]: "9000-9003" };
    expect(silent(range, ["9002/tcp"])).to.deep.equal([]);
    expect(silent(range, ["9004/tcp"])).to.deep.equal([9_000]);
  });

  it("says nothing where the image says nothing, and of ports that the container learns at its start", () => {
    expect(silent({}, [])).to.deep.equal([]);
    expect(silent({ [`${EXPOSE}.use_public_port`]: true }, ["80/tcp"])).to.deep.equal([]);
  });
});
