// Care of the store's file: backup, doctor.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/rights.hpp"
#include "engine/report/text.hpp"
#include "engine/runtime/doctor.hpp"
#include "engine/store/backup.hpp"

namespace lotse::cli {
namespace {

struct Options {
  std::string file;
  bool full = false;
};

Exit back_up(Context& context, const Options& options) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const std::filesystem::path store = store_path(context, *workspace);
  const Result<void> done = backup_store(store, options.file);
  if (!done) return report(context, done.error());
  fmt::print("{}: a checked copy of {}\n", options.file, store.string());
  return Exit::ok;
}

Exit examine(Context& context, const Options& options) {
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const std::filesystem::path store = options.file.empty() ? store_path(context, *workspace) : options.file;
  DoctorOptions how;
  if (options.full) how.customers = SIZE_MAX;
  const StoreExamination result = examine_store(*workspace, store, how);
  std::size_t errors = 0;
  for (const StoreFinding& finding : result.findings) {
    const bool is_error = finding.severity == StoreFinding::Severity::error;
    errors += is_error ? 1U : 0U;
    fmt::print("{}: {}\n  hint: {}\n", is_error ? "error" : "warning", finding.found, finding.advice);
  }
  for (const std::string& what : result.looked_at) fmt::print("looked at {}\n", what);
  const std::size_t warnings = result.findings.size() - errors;
  fmt::print("{}: {}\n", store.string(),
             result.findings.empty()
                 ? "sound"
                 : fmt::format("{}, {}", count_of(errors, "error"), count_of(warnings, "warning")));
  return errors == 0 ? Exit::ok : Exit::findings;
}

}  // namespace

void register_store(CLI::App& app, Context& context) {
  const auto copied = std::make_shared<Options>();
  CLI::App& backup =
      add_command(app, context, "backup", "A checked copy of the store, also while `lotse serve` runs");
  backup.add_option("FILE", copied->file, "The new file")->required()->type_name("");
  add_workspace_option(backup, context);
  add_store_option(backup, context);
  add_examples(backup,
               "  lotse backup /backups/lotse-$(date +%F).db -w /srv/shop\n"
               "\n"
               "The copy is as of one moment; to restore it, stop lotse and put it in the store's place.");
  backup.callback([&context, copied] { context.status = back_up(context, *copied); });

  const auto looked = std::make_shared<Options>();
  CLI::App& doctor =
      add_command(app, context, "doctor", "Whether the store is sound, and what to do where it is not");
  doctor.add_option("STORE", looked->file, "The store's file (default: the workspace's)")->type_name("");
  add_workspace_option(doctor, context);
  add_store_option(doctor, context);
  doctor.add_flag("--full", looked->full, "Compare every customer with the events, not a sample of 500");
  add_examples(doctor,
               "  lotse doctor -w journeys/broadband\n"
               "  lotse doctor /backups/lotse-2024-03-01.db --full\n"
               "\n"
               "Reads only, beside a running `lotse serve` too. Status 1 where something is damaged.");
  doctor.callback([&context, looked] { context.status = examine(context, *looked); });
}

}  // namespace lotse::cli
