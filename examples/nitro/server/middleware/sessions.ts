import { h3Sessions } from "hipflask/adapters/h3";
import { sessions } from "../utils/sessions.ts";

export default h3Sessions(sessions);
