/** Preloaded: makes the process look as if it ran on the platform `LOOKS_LIKE`, such as `linux-x64-musl`. */
const [platform, arch, libc] = process.env.LOOKS_LIKE.split("-");
Object.defineProperty(process, "platform", { value: platform });
Object.defineProperty(process, "arch", { value: arch });
if (libc === "musl") {
  // Where the loader looks first.
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
