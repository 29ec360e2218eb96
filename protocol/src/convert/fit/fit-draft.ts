import { MAX_VOLUMES } from "../../manifest/limits.ts";
import { type Mode } from "../../manifest/types.ts";
import { MAX_DOORS_PER_LEASE } from "../../messages/doors.ts";
import { type Draft, type DraftService } from "../draft.ts";
import { type CompleteService, completeResources, reportGuesses } from "./complete-resources.ts";
import { fitDependencies } from "./fit-dependencies.ts";
import { fitDoors } from "./fit-doors.ts";
import { fitGpus } from "./fit-gpus.ts";
import { fitVolumes } from "./fit-volumes.ts";
import { overLimits } from "./limits.ts";

/** Services as a mode allows them, every size known; what does not fit is told. */
export function fitDraft(draft: Draft, mode: Mode): CompleteService[] {
  const services = fitGpus(fitDependencies(draft.services)).map((service) =>
    completeResources({
      ...service,
      expose: fitDoors(service.expose, mode),
      volumes: fitVolumes(service.volumes, mode),
    }),
  );
  for (const service of services) {
    reportGuesses(service);
    reportVolumes(service);
  }
  reportDoors(draft, services);
  if (mode === "fizz") reportLimits(draft, services);
  return services;
}

function reportVolumes({ spot, volumes }: Pick<DraftService, "spot" | "volumes">): void {
  if (volumes.length < MAX_VOLUMES) return;
  spot.fail("CONVERT_TOO_MANY", {
    found: `${volumes.length} volumes`,
    done: "nothing is converted",
    message: `A service has at most ${MAX_VOLUMES} volumes, its own disk among them.`,
  });
}

/** Every replica has a public port of its own for every port that is open to the world. */
function reportDoors(draft: Draft, services: readonly CompleteService[]): void {
  const doors = services.reduce((sum, { expose, count }) => sum + count * countPublic(expose), 0);
  if (doors <= MAX_DOORS_PER_LEASE) return;
  draft.spot.fail("CONVERT_TOO_MANY", {
    found: `${doors} public ports`,
    done: "nothing is converted",
    message: `Every replica has a public port of its own for every published port: that makes ${doors}. A lease may have ${MAX_DOORS_PER_LEASE}.`,
  });
}

function countPublic(doors: CompleteService["expose"]): number {
  return doors.reduce((sum, { global, first, last }) => (global ? sum + last - first + 1 : sum), 0);
}

function reportLimits(draft: Draft, services: readonly CompleteService[]): void {
  for (const { name, found, limit } of overLimits(services))
    draft.spot.fail("CONVERT_OVER_LIMIT", {
      found: `${name} ${found}`,
      done: "nothing is converted",
      message: `All services times their replicas take ${found} of ${name}, and a Fizz deployment may take ${limit}. Ask for less, or convert with --mode provider.`,
    });
}
