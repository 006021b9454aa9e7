#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::cli {

/// What `lotse` tells its caller; docs/commands.md has the same list.
enum class Exit : int {
  ok = 0,
  findings = 1,  ///< findings that are errors, a failed test, a report that found friction where it was asked
                 ///< to fail
  usage = 2,     ///< a command line that makes no sense, or input that cannot be read or found
  failure = 3,   ///< the world failed: disk full, store locked or damaged
  internal = 4,  ///< our own mistake
};

/// What all commands share. Lives as long as the program; options are bound to its members before parsing.
struct Context {
  std::filesystem::path workspace = ".";       ///< `--workspace`
  std::optional<std::filesystem::path> store;  ///< `--store`; left out: what lotse.yaml says
  std::string color = "auto";                  ///< `--color`: auto, always or never
  Exit status = Exit::ok;                      ///< a command's callback leaves its result here
};

/// A new command of the app, with `--color`. The caller sets its callback, which leaves its result in
/// Context::status.
CLI::App& add_command(CLI::App& app, Context& context, const std::string& name,
                      const std::string& description);

/// Adds `--workspace/-w DIR` or `--store FILE` to a command, bound to the context.
void add_workspace_option(CLI::App& command, Context& context);
void add_store_option(CLI::App& command, Context& context);

/// The text under a command's options in its help: examples, one a line.
void add_examples(CLI::App& command, std::string_view examples);

/// True if colour may be written to `stream`: `--color`, then NO_COLOR (https://no-color.org), then whether
/// it is a terminal that is not dumb.
[[nodiscard]] bool use_color(const Context& context, std::FILE* stream);

[[nodiscard]] bool is_terminal(std::FILE* stream);

/// Columns of the terminal behind `stream`; COLUMNS, or else 100, where it is none. At least 40.
[[nodiscard]] std::size_t terminal_width(std::FILE* stream);

/// Prints findings to stderr as a compiler does, with colour where it may be used.
void print(const Context& context, std::span<const Diagnostic> findings);

/// `3 errors, 1 warning`; empty for no findings.
[[nodiscard]] std::string count_text(std::span<const Diagnostic> findings);

/// Prints `lotse: error: …` to stderr and gives the exit status for it: bad_input, not_found and conflict are
/// usage, storage and unavailable are failures.
[[nodiscard]] Exit report(const Context& context, const Error& error);

/// Loads the context's workspace. On an error in it prints all findings and gives nothing, with the status
/// set to `findings` (or `usage` where the folder cannot be read). Warnings are left to `lotse check`.
[[nodiscard]] std::optional<Workspace> open_workspace(Context& context);

/// What a single journey file is read with.
struct Surroundings {
  WorkspaceSettings settings;
  Channels channels;
};
/// Those of the workspace at `root`: what is absent is as by default. Nothing where lotse.yaml or
/// channels.yaml has mistakes, which are the findings.
[[nodiscard]] Loaded<Surroundings> load_surroundings(const std::filesystem::path& root);
/// The same; mistakes are printed and the status set.
[[nodiscard]] std::optional<Surroundings> open_surroundings(Context& context,
                                                            const std::filesystem::path& root);

/// The nearest folder, from `folder` upwards, that has a lotse.yaml, a channels.yaml, or YAML files in
/// journeys/. Relative to the current folder where `folder` is.
[[nodiscard]] std::optional<std::filesystem::path> find_workspace(const std::filesystem::path& folder);

/// The workspace in which the file lies; its own folder where it lies in none.
[[nodiscard]] std::filesystem::path workspace_of(const std::filesystem::path& file);

/// The store's file: `--store`, else the workspace's.
[[nodiscard]] std::filesystem::path store_path(const Context& context, const Workspace& workspace);

/// As lotse::find_journey(), of the workspace's.
[[nodiscard]] Result<std::size_t> find_journey(const Workspace& workspace, std::string_view id);

/// As lotse::read_instant(), by the wall clock.
[[nodiscard]] Result<Instant> read_instant(std::string_view text, const Zone& zone);

/// The wall clock; the only place where commands read it.
[[nodiscard]] Instant now();

/// The zone that lotse.yaml names (UTC where it names none that the system knows).
[[nodiscard]] Zone zone_of(const Workspace& workspace);

/// The whole file as bytes.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path);

/// Writes `text` to a new or replaced file by way of a temporary file beside it, so that readers never see
/// half of it. A link stays, and so do a file's permissions; what is no file (a device, a named pipe) is
/// written to. `-` is the standard output.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::string_view text);

/// The format of a report: `given`; left out, the one of `others` that the output's name ends in, as `md` for
/// `report.md`; else a table.
[[nodiscard]] std::string report_format(const std::string& given, const std::filesystem::path& output,
                                        std::initializer_list<std::string_view> others);

/// An Error if `output` is one of the files that are read: it would be lost.
[[nodiscard]] Result<void> refuse_to_overwrite(const std::filesystem::path& output,
                                               const std::vector<std::filesystem::path>& inputs);

// Each command adds itself to the app; its callback leaves the result in Context::status.
void register_check(CLI::App& app, Context& context);
void register_map(CLI::App& app, Context& context);
void register_simulate(CLI::App& app, Context& context);
void register_discover(CLI::App& app, Context& context);
void register_backtest(CLI::App& app, Context& context);
void register_test(CLI::App& app, Context& context);
void register_try(CLI::App& app, Context& context);
void register_customer(CLI::App& app, Context& context);
void register_why(CLI::App& app, Context& context);
void register_ingest(CLI::App& app, Context& context);
void register_publish(CLI::App& app, Context& context);
void register_report(CLI::App& app, Context& context);
void register_explain(CLI::App& app, Context& context);
void register_new(CLI::App& app, Context& context);
void register_completion(CLI::App& app, Context& context);

}  // namespace lotse::cli
