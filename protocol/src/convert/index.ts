export { type ConvertCode, convertCodes } from "./codes.ts";
export { type Converted, type ConvertOptions, convertToManifest } from "./convert.ts";
export { type SourceFormat } from "./detect.ts";
export { type ConvertFinding } from "./report.ts";
