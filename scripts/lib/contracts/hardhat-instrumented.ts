import { readFileSync } from "node:fs";
import { type Instrumentation, instrumentedConfig } from "./instrumented-config.ts";

const file = process.env["FIZZ_INSTRUMENTED"] ?? "";

/** Configuration for Hardhat's command line; the file that FIZZ_INSTRUMENTED names holds the {@link Instrumentation}. */
export default instrumentedConfig(JSON.parse(readFileSync(file, "utf8")) as Instrumentation);
