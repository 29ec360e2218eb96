import { expect } from "chai";
import { announcedAddresses } from "../../../relayer/src/p2p/announce.ts";

describe("announcedAddresses", () => {
  const everywhere = ["/ip4/0.0.0.0/tcp/4801", "/ip4/0.0.0.0/tcp/4802/ws"];

  it("takes what the operator says", () => {
    const announce = ["/dns4/gw.example/tcp/443/wss"];
    expect(announcedAddresses({ listen: everywhere, announce, publicHost: "1.2.3.4" })).to.deep.equal(
      announce,
    );
  });

  it("puts the public host where the gateway listens everywhere", () => {
    expect(announcedAddresses({ listen: everywhere, announce: [], publicHost: "1.2.3.4" })).to.deep.equal([
      "/ip4/1.2.3.4/tcp/4801",
      "/ip4/1.2.3.4/tcp/4802/ws",
    ]);
    expect(announcedAddresses({ listen: everywhere, announce: [], publicHost: "gw.example" })[0]).to.equal(
      "/dns/gw.example/tcp/4801",
    );
  });

  it("leaves an address that is already one", () => {
    const listen = ["/ip4/10.0.0.1/tcp/4801"];
    expect(announcedAddresses({ listen, announce: [], publicHost: "1.2.3.4" })).to.deep.equal(listen);
  });

  it("leaves it to the host when a port is not known yet", () => {
    const listen = ["/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/tcp/4802/ws"];
    expect(announcedAddresses({ listen, announce: [], publicHost: "1.2.3.4" })).to.deep.equal([]);
  });
});
