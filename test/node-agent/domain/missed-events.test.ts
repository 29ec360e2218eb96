import { type LeaseEvent, type LeaseEventCode } from "@fizz/protocol/messages";
import { expect } from "chai";
import { missedEvents } from "../../../node-agent/src/domain/missed-events.ts";
import { leaseRecord, observed } from "../support/builders.ts";

describe("missedEvents", () => {
  it("tells a container that was made, and its start, when only the attempts were told", () => {
    expect(missed(["container.creating"], { startedAt: null, state: "created" })).to.deep.equal([
      "container.created",
    ]);
    const attempts = ["container.creating", "container.created", "container.starting"] as const;
    expect(missed(attempts, { startedAt: 5_000 })).to.deep.equal(["container.started"]);
    expect(missed(attempts, { startedAt: null, state: "created" })).to.deep.equal([]);
    expect(missed([...attempts, "container.started"], { startedAt: 5_000 })).to.deep.equal([]);
    expect(missed([...attempts, "container.failed"], { startedAt: 5_000 })).to.deep.equal([]);
  });

  it("takes the container of another version, up since before, for none of the attempt's", () => {
    expect(missed(["container.creating"], { startedAt: 500 })).to.deep.equal([]);
    expect(missed(["container.starting"], { startedAt: 500 })).to.deep.equal([]);
    expect(missed(["container.creating"], { startedAt: null, sandbox: "alone" })).to.deep.equal([]);
    expect(missed(["container.creating"], { startedAt: 5_000, service: "other" })).to.deep.equal([]);
  });

  it("tells a confirmation that landed unseen, once, and again for another attempt", () => {
    const both = ["lease.confirmed", "deployment.started"];
    expect(missed(["network.applied"])).to.deep.equal(both);
    expect(missed(["network.applied", "lease.confirmed"])).to.deep.equal(["deployment.started"]);
    expect(missed(["network.applied", "lease.confirmed", "deployment.started"])).to.deep.equal([]);
    const again = ["network.applied", "lease.confirmed", "deployment.started", "network.applied"] as const;
    expect(missed(again)).to.deep.equal(both);
    expect(missed(["network.applied"], {}, "open")).to.deep.equal([]);
  });

  it("tells an update that runs, and takes what a full journal has dropped for told", () => {
    expect(missed(["update.requested"])).to.deep.equal(["update.applied"]);
    expect(missed(["update.requested", "update.applied"])).to.deep.equal([]);
    expect(missed([])).to.deep.equal([]);
  });

  function missed(
    codes: readonly LeaseEventCode[],
    container: Parameters<typeof observed>[0] = {},
    state: "open" | "active" = "active",
  ) {
    const events = codes.map((code, index): LeaseEvent => {
      const base = { cursor: index + 1, at: 1_000 * (index + 1), code, message: "" };
      const place = code.startsWith("container.") ? { service: "web", replica: 0 } : {};
      return { ...base, ...place, data: { version: 2 } };
    });
    const head = leaseRecord({ state, version: 2 });
    return missedEvents(events, { head, containers: [observed(container)] }).map(({ code }) => code);
  }
});
