/** Preloaded: makes the process look as if it ran on the platform `LOOKS_LIKE`, such as `linux-x64-musl`. */
const [platform, arch, libc] = process.env.LOOKS_LIKE.split("-");
Object.defineProperty(process, "platform", { value: platform });
Object.defineProperty(process, "arch", { value: arch });
if (libc === "musl") {
  const getReport = process.report.getReport.bind(process.report);
  process.report.getReport = () => {
    const report = getReport();
    delete report.header.glibcVersionRuntime;
    return report;
  };
}
