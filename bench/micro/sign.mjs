import assert from "node:assert/strict";
import { minus, plus, ratio, sideBySide, spread } from "../lib/ab.mjs";
import { sessionOf } from "../lib/samples.mjs";
import { signVariants } from "./sign-variants.mjs";
