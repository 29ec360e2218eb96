import { MAX_ISSUES, openPartOf, parseManifest, sealedPartOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { MANIFEST_NOISE, MANIFEST_TRAPS, TRAP_BYTES } from "../../support/manifest-traps.ts";
import { HANG_MS, processorMs } from "../../support/processor-time.ts";
import { accepted, FIZZ, issuesOf, problemsOf, PROVIDER, withChanges } from "./sample.ts";

describe("parseManifest", () => {
  describe("when several things are wrong", () => {
    it("lists all of them with their places, in the order of the text", () => {
      const text = FIZZ.replace("image:", "imgae:")
        .replace("port: 8080", "port: 80")
        .replace("size: 128Mi", "size: 128MB")
        .replace("profile: web", "profile: wbe");
      expect(
        issuesOf(text).map((issue) => `${issue.line}:${issue.column} ${issue.code} ${issue.path}`),
      ).to.deep.equal([
        "3:3 MANIFEST_FIELD_MISSING services.web.image",
        "4:5 MANIFEST_KEY_UNKNOWN services.web.imgae",
        "19:17 MANIFEST_SIZE_INVALID profiles.compute.web.resources.memory.size",
        "33:16 MANIFEST_PROFILE_UNKNOWN deployment.web.any.profile",
      ]);
    });

    it("reports what a rule finds in a service that has another problem", () => {
      const text = withChanges(FIZZ, {
        "services.web.image": "Not An Image",
        "services.web.expose[0].port": 443,
      });
      expect(problemsOf(text)).to.deep.equal([
        "MANIFEST_IMAGE_INVALID services.web.image",
        "MANIFEST_FIZZ_PORT services.web.expose[0].port",
      ]);
    });

    it("lists problems of the text beside those of its meaning", () => {
      const text = FIZZ.replace("  name: sample", "  name: sample\n  name: again\n  <<: {}").replace(
        "8080",
        "80",
      );
      expect(problemsOf(text)).to.deep.equal([
        "MANIFEST_FIZZ_PORT services.web.expose[0].port",
        "MANIFEST_KEY_DUPLICATE ",
        "MANIFEST_YAML_MERGE_KEY ",
      ]);
    });

    it("underlines exactly the value", () => {
      const issue = issuesOf(FIZZ.replace("amount: 0.5", "amount: half"))[0];
      expect(issue).to.include({ line: 29, column: 19, endLine: 29, endColumn: 23, found: "half" });
    });

    it("stops listing at the limit and says how many there are", () => {
      const keys = Array.from({ length: 500 }, (_, index) => `key${index}: 1`).join("\n");
      const issues = issuesOf(keys);
      expect(issues).to.have.length(MAX_ISSUES + 1);
      expect(issues.at(-1)).to.include({ code: "MANIFEST_TOO_MANY_ISSUES", found: "504 problems" });
    });
  });

  describe("when a problem is in a secret", () => {
    it("never quotes it", () => {
      const secret = "hunter2-very-secret";
      const texts = [
        withChanges(FIZZ, { "services.web.env": [secret] }),
        withChanges(FIZZ, { "services.web.env": [`A=${secret}`, `A=${secret}`] }),
        withChanges(FIZZ, { "services.web.env": [`MY_TOKEN=${secret}`] }),
        withChanges(FIZZ, { "services.web.credentials": { registry: "ghcr.io", password: secret } }),
        withChanges(FIZZ, { "services.web.command": `login ${secret}` }),
        `password: "${secret}`,
        `password: "a" ${secret}`,
        `password: ${secret}: b`,
      ];
      for (const text of texts) {
        expect(issuesOf(text)).to.not.deep.equal([]);
        expect(JSON.stringify(issuesOf(text))).to.not.include("hunter2");
      }
    });
  });

  describe("when a text sets a trap", () => {
    for (const [name, text] of Object.entries(MANIFEST_TRAPS))
      it(`answers ${name} without hanging`, () => {
        parseManifest(FIZZ);
        const milliseconds = processorMs(() => {
          expect(parseManifest(text).ok).to.equal(false);
        });
        expect(milliseconds).to.be.lessThan(HANG_MS);
      });

    for (const [name, texts] of Object.entries(MANIFEST_NOISE))
      it(`answers ${name} without hanging`, () => {
        for (const trap of texts) {
          const milliseconds = processorMs(() => {
            expect(parseManifest(trap).ok).to.equal(false);
          });
          expect(milliseconds).to.be.lessThan(HANG_MS);
        }
      });
  });

  describe("when values are written in their other ways", () => {
    it("reads arguments as they are written", () => {
      const manifest = accepted(FIZZ.replace("expose:", "args: [--size, 2, 010, true, 1.50]\n    expose:"));
      expect(sealedPartOf(manifest).services[0]?.args).to.deep.equal(["--size", "2", "010", "true", "1.50"]);
    });

    it("reads both spellings to the same order", () => {
      const one = FIZZ.replace("region: germany", "region_exclude: france");
      const other = FIZZ.replace("region: germany", "exclude_region: france");
      expect(openPartOf(accepted(other))).to.deep.equal(openPartOf(accepted(one)));
    });

    it("reads an address that YAML takes for a number", () => {
      const text = FIZZ.replace("region: germany", `fizz_exclude: 0x${"0".repeat(37)}BAD`);
      expect(openPartOf(accepted(text)).placement.excludedFizz).to.deep.equal([`0x${"0".repeat(37)}bad`]);
    });

    it("reads aliases of whole values", () => {
      const text = FIZZ.replace("image:", "env: &shared [A=1]\n    args: *shared\n    image:");
      expect(sealedPartOf(accepted(text)).services[0]).to.deep.include({ env: ["A=1"], args: ["A=1"] });
    });

    it("takes a price that stands under the name of the compute profile", () => {
      const text = PROVIDER.replace("    db:\n      resources:", "    small:\n      resources:")
        .replace("profile: db", "profile: small")
        .replace("        db:\n          token: ETH", "        small:\n          token: ETH");
      expect(openPartOf(accepted(text)).services[1]?.maxPricePerHour).to.equal("0.0004");
    });
  });

  it("takes a long text that says little", () => {
    const comments = "# about the service\n".repeat(Math.floor((TRAP_BYTES - FIZZ.length) / 20));
    expect(problemsOf(FIZZ + comments)).to.deep.equal([]);
  });

  it("takes the version without quotes", () => {
    expect(problemsOf(FIZZ.replace('"1.0"', "1.0"))).to.deep.equal([]);
  });
});
