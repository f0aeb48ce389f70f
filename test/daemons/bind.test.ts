/** BIND at work: what every name server of ours does. */
import { nameServerTests } from "./dns-server.js";

nameServerTests("bind");
