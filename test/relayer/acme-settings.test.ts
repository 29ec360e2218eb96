import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type Config, loadConfig } from "../../relayer/src/config.ts";
import { checkCertificates } from "../../relayer/src/doctor/check-network.ts";
import { CONTRACTS } from "./support/builders.ts";

const ROUTED = {
  FIZZ_GATEWAY_DOMAIN: "gw.example.org",
  FIZZ_GATEWAY_HTTP_PORT: "80",
  FIZZ_GATEWAY_HTTPS_PORT: "443",
};
const ON = { ...ROUTED, FIZZ_GATEWAY_ACME: "true" };

describe("the settings of certificates by ACME", () => {
  it("are off by default, and then Let's Encrypt's", () => {
    const { acme, acmeDirectory, acmeEmail, acmeMaxNames, acmeOrdersPerHour } = settings(ROUTED);
    expect({ acme, acmeDirectory, acmeEmail, acmeMaxNames, acmeOrdersPerHour }).to.deep.equal({
      acme: false,
      acmeDirectory: "https://acme-v02.api.letsencrypt.org/directory",
      acmeEmail: undefined,
      acmeMaxNames: 1_000,
      acmeOrdersPerHour: 60,
    });
    expect(settings(ON).acme).to.equal(true);
    expect(settings({ ...ON, FIZZ_GATEWAY_ACME: "false" }).acme).to.equal(false);
  });

  it("need both ports, an https directory, and an address that can be one", () => {
    for (const port of ["FIZZ_GATEWAY_HTTP_PORT", "FIZZ_GATEWAY_HTTPS_PORT"])
      expect(problemsOf({ ...ON, [port]: "" })).to.include("FIZZ_GATEWAY_ACME (acme): needs httpPort");
    expect(problemsOf({ ...ON, FIZZ_GATEWAY_ACME_DIRECTORY: "http://ca.test" })).to.include("acmeDirectory");
    expect(problemsOf({ ...ON, FIZZ_GATEWAY_ACME_EMAIL: "nobody" })).to.include("acmeEmail");
    expect(problemsOf({ ...ON, FIZZ_GATEWAY_ACME: "perhaps" })).to.include("FIZZ_GATEWAY_ACME (acme)");
  });

  it("are seen by the doctor, who knows that the authority looks at port 80", () => {
    const level = (env: Record<string, string>): string => checkCertificates(settings(env)).level;
    expect(level(ROUTED)).to.equal("ok");
    expect(level(ON)).to.equal("ok");
    expect(level({ ...ON, FIZZ_GATEWAY_HTTP_PORT: "8080" })).to.equal("warn");
    expect(level({ ...ROUTED, FIZZ_GATEWAY_HTTP_PORT: "8080" })).to.equal("ok");
  });

  function settings(env: Record<string, string>): Config {
    const needed = {
      FIZZ_RPC_URL: "http://127.0.0.1:9",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_GATEWAY_KEY_FILE: "gateway.key",
    };
    return loadConfig(undefined, { ...needed, ...env });
  }

  function problemsOf(env: Record<string, string>): string {
    try {
      settings(env);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "CONFIG_INVALID") return error.message;
      throw error;
    }
    return "none";
  }
});
