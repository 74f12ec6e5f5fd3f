/** Tests the entry as users get it, installed beside Pulumi. */
import { testNames } from "../../__test__/support/exports";

testNames({ "routesync/pulumi": ["Router", "Routes", "sstNamespace"] }, __dirname);
