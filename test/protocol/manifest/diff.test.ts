import { type ChangedField, diffOpenParts, openPartOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { accepted, type Changes, FIZZ, PROVIDER, withChanges } from "./sample.ts";

const diff = (text: string, changes: Changes) =>
  diffOpenParts(openPartOf(accepted(text)), openPartOf(accepted(withChanges(text, changes))));

describe("diffOpenParts", () => {
  const allowed: readonly (readonly [ChangedField, Changes])[] = [
    ["resources", { "profiles.compute.web.resources.cpu.units": 1 }],
    ["count", { "deployment.web.any.count": 2 }],
    ["duration", { "profiles.duration": "2h" }],
    ["price", { "profiles.placement.any.pricing.web.amount": 0.6 }],
  ];
  for (const [field, changes] of allowed)
    it(`lets a running lease change ${field}, with a fresh quote`, () => {
      const { changes: found, allowed: isAllowed, needsQuote } = diff(FIZZ, changes);
      expect(found.map((change) => change.field)).to.deep.equal([field]);
      expect([isAllowed, needsQuote]).to.deep.equal([true, true]);
    });

  const forbidden: readonly (readonly [ChangedField, Changes])[] = [
    ["ports", { "services.web.expose[0].port": 8_081 }],
    ["ports", { "services.web.expose[0].proto": "udp" }],
    ["ports", { "services.web.expose[0].proxy_protocol": "v1" }],
    ["region", { "profiles.placement.any.attributes.region": "france" }],
    ["tier", { "profiles.tier": ["secured"] }],
    ["token", { "profiles.placement.any.pricing.web.token": "USDC" }],
    ["placement", { "profiles.placement.any.attributes.bandwidth": "100mbps" }],
    ["mode", { "profiles.mode": "provider" }],
  ];
  for (const [field, changes] of forbidden)
    it(`forbids a running lease to change ${field}, and says so`, () => {
      const { forbidden: found, allowed: isAllowed } = diff(FIZZ, changes);
      expect(isAllowed).to.equal(false);
      expect(found.map((change) => change.field)).to.deep.equal([field]);
      expect(found[0]?.message).to.include("cannot change on a running lease");
    });

  it("forbids to add and to remove services", () => {
    const one = openPartOf(
      accepted(withChanges(PROVIDER, { "deployment.db": undefined, "services.api.dependencies": undefined })),
    );
    const two = openPartOf(accepted(PROVIDER));
    for (const { forbidden: found } of [diffOpenParts(one, two), diffOpenParts(two, one)])
      expect(found.map((change) => change.field)).to.deep.equal(["services"]);
  });

  it("sees no difference where only the sealed part changes", () => {
    const changes = {
      "services.web.image": "other:2",
      "services.web.env": ["A=1"],
      "services.web.command": ["x"],
    };
    expect(diff(FIZZ, changes)).to.deep.equal({
      changes: [],
      forbidden: [],
      allowed: true,
      needsQuote: false,
    });
  });

  it("names the service that a change concerns", () => {
    const { changes } = diff(PROVIDER, { "services.api.expose[0].accept": ["www.example.org"] });
    expect(
      changes.map(({ field, service, allowed: isAllowed }) => [field, service, isAllowed]),
    ).to.deep.equal([["routing", "api", true]]);
  });
});
