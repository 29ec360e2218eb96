import { type Spot } from "../spot.ts";

const MAX_CHAIN = 8;

/** A service with the fields that it takes from another one of the file. */
export function withExtends(service: Spot, services: Spot, chain = 0): Spot {
  const clause = service.find("extends");
  if (clause === undefined) return service;
  const base = chain < MAX_CHAIN ? findBase(clause, services) : undefined;
  if (base === undefined || base.name === service.name) {
    clause.note("CONVERT_EXTENDS", {
      found: (clause.find("file") ?? clause).quoted,
      done: "left out",
      message: "Only services of this file are read. Write the fields out.",
    });
    return service;
  }
  clause.note("CONVERT_EXTENDS", {
    found: base.name.slice(0, 80),
    done: "its fields are taken where this service has none",
    message: "Lists and maps that both services have are not joined: those of this service count.",
  });
  return service.withFieldsOf(withExtends(base, services, chain + 1));
}

function findBase(clause: Spot, services: Spot): Spot | undefined {
  const name = clause.text ?? clause.find("service")?.text ?? "";
  return clause.find("file") === undefined ? services.find(name) : undefined;
}
