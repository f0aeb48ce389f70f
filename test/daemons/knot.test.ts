/** Knot at work: what every name server of ours does. */
import { describe } from "node:test";
import { nameServerTests } from "./dns-server.js";

// The suite stands here: the run of all tests wants to hear of each file.
describe("knot at work", () => nameServerTests("knot"));
