#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/context.hpp"
#include "engine/workbench/new_workspace.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path folder;
  std::string name{kStarterJourney};
};

/// Files and folders that are taken back at the end unless they are to stay.
class Made {
 public:
  Made() = default;
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() {
    std::error_code ignored;  // a folder into which somebody else has put a file meanwhile stays
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) fs::remove(*path, ignored);
  }
  void keep() { paths_.clear(); }

  /// Makes the folder and those above it that are missing.
  Result<void> folder(const fs::path& path) {
    std::error_code error;
    if (path.empty() || fs::is_directory(path, error)) return {};
    LOTSE_CHECK(folder(path.parent_path()));
    if (!fs::create_directory(path, error)) {
      return fail(ErrorCode::storage, fmt::format("cannot make `{}`: {}", path.string(), error.message()));
    }
    paths_.push_back(path);
    return {};
  }
  Result<void> file(const fs::path& path, std::string_view text) {
    LOTSE_CHECK(folder(path.parent_path()));
    LOTSE_CHECK(write_file(path, text));
    paths_.push_back(path);
    return {};
  }

 private:
  std::vector<fs::path> paths_;
};

Result<void> refuse_used(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) {
    return fail(ErrorCode::conflict,
                fmt::format("`{}` is a file; a new or an empty folder was expected", folder.string()));
  }
  const fs::directory_iterator first(folder, error);
  if (error) {
    return fail(ErrorCode::storage, fmt::format("cannot read `{}`: {}", folder.string(), error.message()));
  }
  if (first == fs::directory_iterator()) return {};
  return fail(ErrorCode::conflict,
              fmt::format("`{}` is not empty (it has `{}`); a new or an empty folder was expected",
                          folder.string(), first->path().filename().string()));
}

/// A word that a shell takes as it is.
std::string for_shell(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./+,:@%").find(c) != std::string_view::npos;
  };
  if (std::ranges::all_of(word, plain)) return word.starts_with('-') ? "./" + word : word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Result<void> make(const Options& options) {
  if (options.folder.empty()) return fail(ErrorCode::bad_input, "the name of the folder to make is empty");
  fs::path root = options.folder.lexically_normal();
  if (!root.has_filename()) root = root.parent_path();  // `shop/` is `shop`
  LOTSE_CHECK(refuse_used(root));
  LOTSE_TRY(const std::vector<WorkspaceFile> files, new_workspace(options.name));
  Made made;
  for (const WorkspaceFile& file : files) LOTSE_CHECK(made.file(root / file.path, file.text));
  made.keep();

  fmt::print("Made {}: the journey {}, its tests, and a log of {} invented customers\n", root.string(),
             options.name, kSampleCustomers);
  for (const WorkspaceFile& file : files)
    fmt::print("  {}\n", (root / file.path).lexically_normal().string());
  fmt::print("Next, as its README.md says:\n");
  if (root != ".") fmt::print("  cd {}\n", for_shell(root.string()));
  fmt::print(
      "  lotse check\n"
      "  lotse test\n"
      "  lotse ingest events.ndjson\n"
      "  lotse report friction\n"
      "  lotse map -o map.svg\n");
  return {};
}

}  // namespace

void register_new(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "new", "Begin a workspace in which everything works at once");
  const auto options = std::make_shared<Options>();
  command.add_option("folder", options->folder, "Folder to make; it may be there if it is empty")
      ->option_text("DIR")
      ->required();
  command.add_option("--name", options->name, "What its journey is called (default trial-to-subscription)")
      ->option_text("ID");
  add_examples(
      command,
      "  lotse new shop\n"
      "  lotse new shop --name first-order\n"
      "\n"
      "Writes a journey with its channels, tests, a simulation and a log that it made, and a README.md "
      "that tells\n"
      "what to try. A folder that has files is left alone.");
  command.callback([&context, options] {
    if (const Result<void> made = make(*options); !made) context.status = report(context, made.error());
  });
}

}  // namespace lotse::cli
