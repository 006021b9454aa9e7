#include "cli/context.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <vector>

#include "engine/base/read_instant.hpp"
#include "engine/journey/find_journey.hpp"

namespace lotse::cli {

namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[1;33m";

/// The environment variable's text; empty where it is not set. Commands run on one thread.
std::string_view environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// `file:1:2: error: message` with the place in bold and the severity in its colour.
std::string colored(const Diagnostic& finding) {
  std::string text = render(finding);
  const bool error = finding.severity == Severity::error;
  const std::string_view word = error ? "error:" : "warning:";
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return text;
  text.insert(at + word.size(), kReset);
  text.insert(at, fmt::format("{}{}", kReset, error ? kRed : kYellow));
  text.insert(0, kBold);
  return text;
}

std::string plural(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

bool is_workspace(const std::filesystem::path& folder) {
  std::error_code error;
  for (const char* name : {"lotse.yaml", "channels.yaml"}) {
    if (std::filesystem::exists(folder / name, error)) return true;
  }
  const std::filesystem::directory_iterator journeys(folder / "journeys", error);
  if (error) return false;  // there is no such folder
  return std::any_of(begin(journeys), end(journeys), [](const std::filesystem::directory_entry& entry) {
    return entry.path().extension() == ".yaml" || entry.path().extension() == ".yml";
  });
}

Result<void> write_all(std::FILE* file, std::string_view text, std::string_view name) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  if (!written) {
    return fail(ErrorCode::storage,
                fmt::format("cannot write {}: {}", name, std::generic_category().message(errno)));
  }
  return {};
}

}  // namespace

CLI::App& add_command(CLI::App& app, Context& context, const std::string& name,
                      const std::string& description) {
  CLI::App& command = *app.add_subcommand(name, description)->group("Commands");
  command.set_help_flag("-h,--help", "Print this help");
  command.add_option("--color", context.color, "auto (default), always or never")
      ->option_text("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  return command;
}

void add_workspace_option(CLI::App& command, Context& context) {
  command
      .add_option("-w,--workspace", context.workspace,
                  "Folder with lotse.yaml, channels.yaml and journeys (default .)")
      ->option_text("DIR");
}

void add_store_option(CLI::App& command, Context& context) {
  command
      .add_option("--store", context.store,
                  "Store of events and customers (default: as lotse.yaml says, lotse.db)")
      ->option_text("FILE");
}

void add_examples(CLI::App& command, std::string_view examples) {
  command.footer(fmt::format("Examples:\n{}", examples));
}

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

bool use_color(const Context& context, std::FILE* stream) {
  if (context.color == "always") return true;
  if (context.color == "never" || !environment("NO_COLOR").empty()) return false;
  return is_terminal(stream) && environment("TERM") != "dumb";
}

std::size_t terminal_width(std::FILE* stream) {
  constexpr std::size_t least = 40;
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::max<std::size_t>(least, size.ws_col);
  const std::string_view columns = environment("COLUMNS");
  std::size_t width = 100;
  std::from_chars(columns.data(), columns.data() + columns.size(), width);
  return std::max(least, width);
}

void print(const Context& context, std::span<const Diagnostic> findings) {
  const bool color = use_color(context, stderr);
  for (const Diagnostic& finding : findings) {
    std::string text = color ? colored(finding) : render(finding);
    if (!text.ends_with('\n')) text += '\n';
    fmt::print(stderr, "{}", text);
  }
}

std::string count_text(std::span<const Diagnostic> findings) {
  const auto errors =
      static_cast<std::size_t>(std::ranges::count(findings, Severity::error, &Diagnostic::severity));
  const std::size_t warnings = findings.size() - errors;
  std::string text;
  if (errors > 0) text = plural(errors, "error");
  if (warnings > 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", plural(warnings, "warning"));
  return text;
}

Exit report(const Context& context, const Error& error) {
  const bool color = use_color(context, stderr);
  fmt::print(stderr, "lotse: {}error:{} {}\n", color ? kRed : "", color ? kReset : "", error.message);
  switch (error.code) {
    case ErrorCode::bad_input:
    case ErrorCode::not_found:
    case ErrorCode::conflict:
      return Exit::usage;
    case ErrorCode::storage:
    case ErrorCode::unavailable:
      break;
  }
  return Exit::failure;
}

Loaded<Surroundings> load_surroundings(const std::filesystem::path& root) {
  Loaded<Surroundings> found{.value = Surroundings{}, .findings = {}};
  const auto take = [&](const char* name, auto load, auto to) {
    const std::filesystem::path path = root / name;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return;
    const Result<std::string> text = read_file(path);
    if (!text) return;
    auto loaded = load(path.string(), *text, FileLimits{});
    std::ranges::move(loaded.findings, std::back_inserter(found.findings));
    if (!loaded.value) {
      found.value.reset();
    } else if (found.value) {
      to(*found.value) = *std::move(loaded.value);
    }
  };
  take("lotse.yaml", load_settings, [](Surroundings& own) -> WorkspaceSettings& { return own.settings; });
  take("channels.yaml", load_channels, [](Surroundings& own) -> Channels& { return own.channels; });
  return found;
}

std::optional<Surroundings> open_surroundings(Context& context, const std::filesystem::path& root) {
  Loaded<Surroundings> loaded = load_surroundings(root);
  if (loaded.value) return std::move(loaded.value);
  print(context, loaded.findings);
  context.status = Exit::findings;
  return std::nullopt;
}

std::optional<Workspace> open_workspace(Context& context) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(context.workspace, ignored)) {
    context.status =
        report(context, {.code = ErrorCode::not_found,
                         .message = fmt::format("`{}` is no folder; --workspace names the folder with "
                                                "lotse.yaml, channels.yaml and journeys",
                                                context.workspace.string())});
    return std::nullopt;
  }
  Loaded<Workspace> loaded = load_workspace(context.workspace);
  if (!loaded.value) {
    print(context, loaded.findings);
    context.status = Exit::findings;
    return std::nullopt;
  }
  return std::move(loaded.value);
}

std::optional<std::filesystem::path> find_workspace(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::path here = std::filesystem::absolute(folder, ignored).lexically_normal();
  if (!here.has_filename()) here = here.parent_path();  // `shop/` is `shop`
  constexpr int levels = 8;
  for (int level = 0; level < levels && !here.empty(); ++level) {
    if (is_workspace(here)) {
      return folder.is_absolute() ? here : here.lexically_proximate(std::filesystem::current_path(ignored));
    }
    if (here == here.parent_path()) break;
    here = here.parent_path();
  }
  return std::nullopt;
}

std::filesystem::path workspace_of(const std::filesystem::path& file) {
  const std::filesystem::path own = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  return find_workspace(own).value_or(own);
}

std::filesystem::path store_path(const Context& context, const Workspace& workspace) {
  return context.store ? *context.store : workspace.root / workspace.settings.store;
}

Result<std::size_t> find_journey(const Workspace& workspace, std::string_view id) {
  return lotse::find_journey(workspace.journeys, id, fmt::format("`{}`", workspace.root.string()));
}

Result<Instant> read_instant(std::string_view text, const Zone& zone) {
  return lotse::read_instant(text, zone, now());
}

Instant now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

Zone zone_of(const Workspace& workspace) { return Zone::find(workspace.settings.zone).value_or(Zone::utc()); }

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return fail(ErrorCode::bad_input, fmt::format("`{}` is a folder; a file was expected", path.string()));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) {
    return fail(ErrorCode::not_found,
                fmt::format("cannot read `{}`: {}", path.string(), std::generic_category().message(errno)));
  }
  return text;
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  namespace fs = std::filesystem;
  if (path == "-") return write_all(stdout, text, "the standard output");
  std::error_code error;
  const fs::path linked = fs::weakly_canonical(path, error);
  const fs::path target = error ? path : linked;
  const fs::file_status before = fs::status(target, error);
  const bool in_place = fs::exists(before) && !fs::is_regular_file(before);
  const fs::path written_to = in_place ? target : fs::path(target.string() + ".partial");
  std::FILE* file = std::fopen(written_to.c_str(), "wb");
  if (file == nullptr) {
    return fail(ErrorCode::storage,
                fmt::format("cannot write `{}`: {}", path.string(), std::generic_category().message(errno)));
  }
  Result<void> written = write_all(file, text, fmt::format("`{}`", path.string()));
  std::fclose(file);
  if (in_place) return written;
  error.clear();
  if (written && fs::exists(before)) fs::permissions(written_to, before.permissions(), error);
  if (written && !error) fs::rename(written_to, target, error);
  if (!written || error) {
    std::error_code ignored;
    fs::remove(written_to, ignored);
  }
  if (error)
    return fail(ErrorCode::storage, fmt::format("cannot write `{}`: {}", path.string(), error.message()));
  return written;
}

std::string report_format(const std::string& given, const std::filesystem::path& output,
                          std::initializer_list<std::string_view> others) {
  if (!given.empty()) return given;
  const std::string extension = output.extension().string();
  for (const std::string_view format : others) {
    if (extension.size() > 1 && std::string_view(extension).substr(1) == format) return std::string(format);
  }
  return "table";
}

Result<void> refuse_to_overwrite(const std::filesystem::path& output,
                                 const std::vector<std::filesystem::path>& inputs) {
  if (output == "-") return {};
  for (const std::filesystem::path& input : inputs) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(input, ignored) ||
        !std::filesystem::equivalent(output, input, ignored))
      continue;
    return fail(
        ErrorCode::bad_input,
        fmt::format("--output: `{}` is read here, and would be lost; name another file", output.string()));
  }
  return {};
}

}  // namespace lotse::cli
