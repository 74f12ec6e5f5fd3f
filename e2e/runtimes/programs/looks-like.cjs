/** A preloaded module that makes the process appear to run on the platform `LOOKS_LIKE`, such as `linux-x64-musl`. */
const [platform, arch, libc] = process.env.LOOKS_LIKE.split("-");
Object.defineProperty(process, "platform", { value: platform });
Object.defineProperty(process, "arch", { value: arch });
if (libc === "musl") {
  // The loader checks this first.
  const fs = require("node:fs");
  const { readFileSync } = fs;
  fs.readFileSync = (file, ...more) => (file === "/usr/bin/ldd" ? "musl libc" : readFileSync(file, ...more));
  const getReport = process.report.getReport.bind(process.report);
  process.report.getReport = () => {
    const report = getReport();
    delete report.header.glibcVersionRuntime;
    return report;
  };
}
