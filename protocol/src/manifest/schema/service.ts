import { HEALTH } from "../health.ts";
import { DEFAULT_HTTP_OPTIONS, HTTP_LIMITS, NEXT_CASES } from "../http-options.ts";
import {
  MAX_ARGUMENTS,
  MAX_ENV_ENTRIES,
  MAX_EXPOSE_ENTRIES,
  MAX_LIST_ITEMS,
  MAX_SERVICES,
  MAX_VOLUMES,
} from "../limits.ts";
import {
  ENV_ENTRY,
  HEALTH_PATH,
  HOST_NAME,
  IMAGE,
  MOUNT_PATH,
  SERVICE_NAME,
  VOLUME_NAME,
} from "../patterns.ts";
import { DURATION, PORT_RANGE } from "../quantities.ts";
import * as shapes from "../shapes.ts";
import { type JsonSchema, list, map, matching, named, text } from "./parts.ts";

/** Capital letters are read as small ones. */
const HOST = new RegExp(HOST_NAME.source.replaceAll("a-z0-9", "A-Za-z0-9"));

const some: JsonSchema = { ...text, minLength: 1 };
const port: JsonSchema = { type: "integer", minimum: 1, maximum: 65_535 };

/** What one service may say. */
export function serviceSchema(): JsonSchema {
  return map(shapes.SERVICE, {
    image: { schema: matching(IMAGE), about: "Image with a fixed tag or digest.", required: true },
    pull_policy: {
      schema: { enum: ["Always", "IfNotPresent", "Never"] },
      about: "When the image is pulled.",
    },
    command: { schema: list(text, MAX_ARGUMENTS), about: "Replaces the image's entrypoint." },
    args: { schema: list(text, MAX_ARGUMENTS), about: "Replaces the image's arguments." },
    env: { schema: list(matching(ENV_ENTRY), MAX_ENV_ENTRIES), about: "KEY=value. No secrets in Fizz mode." },
    credentials: { schema: credentials(), about: "Account at the image's registry; sealed for the node." },
    params: {
      schema: map(shapes.PARAMS, {
        storage: { schema: named(VOLUME_NAME, MAX_VOLUMES, mount()), about: "Where volumes are mounted." },
      }),
      about: "Mounts.",
    },
    dependencies: {
      schema: list(
        map(shapes.DEPENDENCY, {
          service: { schema: matching(SERVICE_NAME), about: "Starts before this one.", required: true },
        }),
        MAX_SERVICES,
      ),
      about: "Services that start before this one.",
    },
    expose: { schema: list(expose(), MAX_EXPOSE_ENTRIES), about: "Ports that may be connected to." },
    health: {
      schema: health(),
      about: "How a replica is known to work; it is started anew when it does not.",
    },
  });
}

function health(): JsonSchema {
  const { interval, timeout, retries, startPeriod } = HEALTH;
  const seconds = (standard: number): JsonSchema => ({ ...matching(DURATION), default: `${standard}s` });
  return {
    ...map(shapes.HEALTH, {
      port: { schema: port, about: "Port that is checked; every exposed TCP port where it is left out." },
      path: {
        schema: matching(HEALTH_PATH),
        about: "Asked for by GET: 200 to 399 is healthy. Without it, an accepted connection is.",
      },
      interval: { schema: seconds(interval.standard), about: "Between two checks, 1s to 300s." },
      timeout: { schema: seconds(timeout.standard), about: "For one check, 1s to 60s." },
      retries: {
        schema: { type: "integer", minimum: retries.min, maximum: retries.max, default: retries.standard },
        about: "Failures in a row before the replica is started anew.",
      },
      start_period: {
        schema: seconds(startPeriod.standard),
        about: "Failures do not count for so long after a start, up to 1h.",
      },
    }),
    dependencies: { path: ["port"] },
  };
}

function credentials(): JsonSchema {
  return map(shapes.CREDENTIALS, {
    registry: { schema: text, about: "Host of the registry.", required: true },
    email: { schema: text, about: "Email of the account." },
    username: { schema: some, about: "Name of the account.", required: true },
    password: { schema: some, about: "Password or token.", required: true },
  });
}

function mount(): JsonSchema {
  return map(shapes.MOUNT, {
    mount: { schema: matching(MOUNT_PATH), about: "Absolute path in the container.", required: true },
    readOnly: { schema: { type: "boolean" }, about: "Whether it is only read." },
  });
}

function expose(): JsonSchema {
  const range = matching(PORT_RANGE);
  return {
    ...map(shapes.EXPOSE, {
      port: { schema: port, about: "Port that the container listens on." },
      as: { schema: port, about: "Wished public port; 80 and 443 are routed as HTTP in provider mode." },
      port_range: { schema: range, about: "Ports first-last, Fizz mode." },
      port_range_as: { schema: range, about: "Wished public ports, as many." },
      use_public_port: {
        schema: { type: "boolean" },
        about: "The container listens on the public number, which it finds in its environment.",
      },
      proto: { schema: { enum: ["tcp", "udp", "TCP", "UDP"] }, about: "tcp unless said." },
      accept: { schema: list(matching(HOST), MAX_LIST_ITEMS), about: "Host names of your own." },
      to: { schema: list(target(), MAX_LIST_ITEMS), about: "Who may connect." },
      http_options: { schema: httpOptions(), about: "How HTTP is routed, provider mode." },
      proxy_protocol: {
        schema: { enum: ["v1", "v2"] },
        about: "The container gets the caller's address in a PROXY header; public TCP ports only.",
      },
    }),
    anyOf: [{ required: ["port"] }, { required: ["port_range"] }],
    dependencies: { as: ["port"], port_range_as: ["port_range"] },
  };
}

function target(): JsonSchema {
  return map(shapes.TARGET, {
    global: { schema: { type: "boolean" }, about: "Everybody." },
    service: { schema: matching(SERVICE_NAME), about: "A service of this manifest." },
    ip: { schema: text, about: "A leased address, provider mode." },
  });
}

function httpOptions(): JsonSchema {
  const whole = (max: number, standard: number): JsonSchema => ({
    type: "integer",
    minimum: 0,
    maximum: max,
    default: standard,
  });
  const standard = DEFAULT_HTTP_OPTIONS;
  return map(shapes.HTTP_OPTIONS, {
    max_body_size: { schema: whole(HTTP_LIMITS.maxBodySize, standard.maxBodySize), about: "Bytes." },
    read_timeout: { schema: whole(HTTP_LIMITS.timeout, standard.readTimeout), about: "Milliseconds." },
    send_timeout: { schema: whole(HTTP_LIMITS.timeout, standard.sendTimeout), about: "Milliseconds." },
    next_tries: { schema: whole(HTTP_LIMITS.tries, standard.nextTries), about: "Replicas tried at most." },
    next_timeout: {
      schema: whole(HTTP_LIMITS.timeout, standard.nextTimeout),
      about: "Milliseconds; 0: none.",
    },
    next_cases: {
      schema: list({ enum: NEXT_CASES.flatMap(asWritten) }, NEXT_CASES.length),
      about: "When another replica is tried; off stands alone.",
    },
  });
}

/** YAML reads digits as a number. */
function asWritten(value: string): (string | number)[] {
  return /^\d+$/.test(value) ? [value, Number(value)] : [value];
}
