import { Fields } from "./fields.ts";
import { HEALTH, type HealthCheck } from "./health.ts";
import { HEALTH_PATH } from "./patterns.ts";
import { type Place } from "./place.ts";
import { parseDuration } from "./quantities.ts";
import { type Read, readMatching, readWhole, reportForm, reportType } from "./readers.ts";
import { HEALTH as SHAPE } from "./shapes.ts";

/** How a service is checked. @param hasTcpPort Whether it exposes a TCP port. */
export function readHealth(place: Place, hasTcpPort: boolean): HealthCheck {
  const fields = new Fields(place, SHAPE);
  const needsPort = fields.find("path") !== undefined || !hasTcpPort;
  if (needsPort && fields.find("port") === undefined && place.kind === "a map") fields.missing("port");
  const { interval, timeout, retries, startPeriod } = HEALTH;
  return {
    port: fields.optional("port", readPort, null),
    path: fields.optional("path", readPath, null),
    intervalSeconds: fields.optional("interval", secondsWithin(interval), interval.standard),
    timeoutSeconds: fields.optional("timeout", secondsWithin(timeout), timeout.standard),
    retries: fields.optional("retries", (value) => readWhole(value, retries), retries.standard),
    startPeriodSeconds: fields.optional("start_period", secondsWithin(startPeriod), startPeriod.standard),
  };
}

function readPort(place: Place): number {
  return readWhole(place, { min: 1, max: 65_535, code: "MANIFEST_PORT_INVALID" });
}

function readPath(place: Place): string {
  const allowed = "a path such as /healthz, without spaces";
  return readMatching(place, { code: "MANIFEST_HEALTH_INVALID", pattern: HEALTH_PATH, allowed });
}

function secondsWithin({ min, max }: { readonly min: number; readonly max: number }): Read<number> {
  return (place) => {
    const allowed = `a duration from ${min}s to ${max}s`;
    const { text } = place;
    if (text === undefined) {
      reportType(place, allowed);
      return min;
    }
    const value = Number(parseDuration(text) ?? -1n);
    if (value >= min && value <= max) return value;
    const suggestion = /^\d{1,4}$/.test(text) ? `${text}s` : undefined;
    reportForm(place, "MANIFEST_DURATION_INVALID", { allowed, suggestion });
    return min;
  };
}
