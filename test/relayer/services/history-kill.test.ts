import { describeHistoryKills } from "../support/history-kills.ts";

/** test/deep kills more often. */
const KILLS = 4;

describeHistoryKills(KILLS);
