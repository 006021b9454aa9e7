#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/stays.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/finding_change.hpp"
#include "engine/report/report_request.hpp"

namespace lotse::cli {

/// What all reports are asked with, as typed.
struct ReportOptions {
  std::string journey;
  ReportRequest request;
  std::string format;
  std::filesystem::path output = "-";
  bool pages = false;  ///< there is a page of it: `html` is a format too
};

/// The workspace, the store, --as-of, --format and --output.
void add_report_options(CLI::App& command, Context& context, const std::shared_ptr<ReportOptions>& options);
/// A command with the journey and those options, which all reports have.
CLI::App& add_report_command(CLI::App& parent, Context& context, const char* name, const char* description,
                             const std::shared_ptr<ReportOptions>& options);
/// --from and --to.
void add_period(CLI::App& command, const std::shared_ptr<ReportOptions>& options);
/// --by, --where, --q, --baseline and --history of the friction report.
void add_friction_options(CLI::App& command, const std::shared_ptr<ReportOptions>& options);

/// How the words are read: in the workspace's zone, as of now.
[[nodiscard]] ReportReading reading_of(const Workspace& workspace);
[[nodiscard]] TextStyle style_of(const Context& context, const ReportOptions& options);
/// `table`, `json`, `csv`, `md` or `html`: as said, else as the file's name ends.
[[nodiscard]] std::string format_of(const ReportOptions& options);
/// As of --as-of. Errors: not_found where the store has no event.
[[nodiscard]] Result<OpenedStore> opened_for(const Context& context, const Workspace& workspace,
                                             const ReportOptions& options);
[[nodiscard]] Result<StayTable> stays_of(const Context& context, const Workspace& workspace,
                                         const ReportOptions& options);

/// What was said of the journey's findings, as of the report. Errors: storage.
[[nodiscard]] Result<std::vector<FindingChange>> standing_of(const Context& context,
                                                             const Workspace& workspace,
                                                             const ReportOptions& options,
                                                             const OpenedStore& opened);

/// Makes the text and writes it where --output says.
using MakeReport = std::function<Result<std::string>(const Context& context, const Workspace& workspace,
                                                     const ReportOptions& options)>;
[[nodiscard]] Exit run_report(Context& context, const ReportOptions& options, const MakeReport& make);

}  // namespace lotse::cli
