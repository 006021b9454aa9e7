#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Completion in a shell: a script that asks `lotse __complete -- WORD…`, and what answers it. Nothing is
/// listed by hand: the answer comes from the commands and options that the app has.
namespace lotse::cli {

/// What may stand in place of the last of `words`, the command line after `lotse` up to the cursor (the last
/// may be empty). A line for each, `WORD<tab>DESCRIPTION`; or one line `:files` or `:folders` where the shell
/// knows better. What an option takes follows from the word that its help has for it: FILE, LOG, PATH (or a
/// name with a dot, as JOURNEY.yaml) is a file, DIR a folder, JOURNEY one of the workspace's; IsMember lists
/// its words.
[[nodiscard]] std::string complete(const CLI::App& app, const std::vector<std::string>& words);

struct CompletionScript {
  std::string_view file;  ///< `lotse.SHELL`
  std::string_view text;  ///< `@PROGRAM@` stands for the quoted path of the program
};
[[nodiscard]] std::span<const CompletionScript> completion_scripts();

}  // namespace lotse::cli
