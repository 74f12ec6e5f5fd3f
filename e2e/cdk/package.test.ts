/** Tests the entry as users get it, installed beside the CDK. */
import { testNames } from "../../__test__/support/exports";

testNames({ "routesync/cdk": ["Routes"] }, __dirname);
