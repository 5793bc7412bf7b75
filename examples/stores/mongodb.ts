// In MongoDB, in a collection of the application's own database.
import { MongodbStore } from "hipflask/stores/mongodb";
import { MongoClient } from "mongodb";
import { visit } from "./visit.ts";

const client = new MongoClient(process.env.MONGODB_URL ?? "mongodb://127.0.0.1:27017");
await visit(new MongodbStore(client.db("app").collection("sessions")));
await client.close();
