import { createLogger } from "../../../node-agent/src/observability/logger.ts";

export const silentLog = createLogger("silent");
