// Reads cases [[method, params], …] from standard input and writes what the extension makes of each.
import { parametersOf } from "../../browser_ext/extension/requests.js";

let text = "";
for await (const piece of process.stdin) {
  text += piece;
}
const made = JSON.parse(text).map(([method, params]) => parametersOf(method, params));
process.stdout.write(JSON.stringify(made));
