import { type Rule } from "./rule.ts";

const service = "services.web";
const resources = "profiles.compute.web.resources";
const attributes = "profiles.placement.any.attributes";

/** What is allowed and probably not meant. */
export const warningRules: readonly Rule[] = [
  {
    code: "MANIFEST_IMAGE_LATEST",
    path: `${service}.image`,
    changes: { [`${service}.image`]: "localhost:5000/web" },
    valid: { [`${service}.image`]: "localhost:5000/web:1" },
  },
  {
    code: "MANIFEST_SECRET_IN_FIZZ",
    path: `${service}.env[0]`,
    changes: { [`${service}.env`]: ["DB_PASSWORD=hunter2"] },
    valid: { [`${service}.env`]: ["DB_PASSWORD="] },
  },
  {
    code: "MANIFEST_SECRET_IN_FIZZ",
    path: `${service}.credentials`,
    changes: { [`${service}.credentials`]: { registry: "ghcr.io", username: "me", password: "hunter2" } },
  },
  {
    code: "MANIFEST_EXPOSE_UNREACHABLE",
    path: `${service}.expose[0]`,
    changes: { [`${service}.expose[0].to`]: undefined },
  },
  { code: "MANIFEST_ENV_RESERVED", path: `${service}.env[0]`, changes: { [`${service}.env`]: ["FIZZ_X=1"] } },
  {
    code: "MANIFEST_GPU_ATTRIBUTES_UNUSED",
    path: `${resources}.gpu.attributes`,
    changes: { [`${resources}.gpu`]: { units: 0, attributes: { req_vram: ">=80" } } },
  },
  { code: "MANIFEST_UNUSED", path: "services.spare", changes: { "services.spare": { image: "a:1" } } },
  {
    code: "MANIFEST_REGION_UNKNOWN",
    path: `${attributes}.region`,
    changes: { [`${attributes}.region`]: "germny" },
    valid: { [`${attributes}.region`]: "germany;us-east" },
    suggestion: "germany",
  },
  {
    code: "MANIFEST_PUBLIC_PORT_SHARED",
    path: `${service}.expose[1]`,
    changes: {
      [`${service}.expose[0].as`]: 9_000,
      [`${service}.expose[1]`]: { port: 8_081, as: 9_000, to: [{ global: true }] },
    },
  },
];
