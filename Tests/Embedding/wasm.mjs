// wasm.mjs: trains exclusive or and the digits of freestanding.h in WebAssembly, and prints their hashes.
//
//     node wasm.mjs FILE.wasm
import { readFileSync } from "node:fs";

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) throw new Error(`it asks the host for ${imports.map((i) => i.name)}`);
const { exports } = await WebAssembly.instantiate(module);
const hexadecimal = (hash) => BigInt.asUintN(64, hash).toString(16).padStart(16, "0");
console.log(hexadecimal(exports.train_xor()), hexadecimal(exports.train_digits()));
