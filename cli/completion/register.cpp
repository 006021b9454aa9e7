#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "cli/completion/completion.hpp"
#include "cli/context.hpp"

namespace lotse::cli {
namespace {

constexpr std::string_view kPlaceholder = "@PROGRAM@";

/// In single quotes, which every shell reads alike but for a quote inside.
std::string quoted(const std::string& path) {
  std::string text = "'";
  for (const char c : path) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

void print_script(const std::string& shell) {
  std::error_code ignored;
  const std::string program = quoted(std::filesystem::read_symlink("/proc/self/exe", ignored).string());
  for (const CompletionScript& script : completion_scripts()) {
    if (script.file != "lotse." + shell) continue;
    std::string text(script.text);
    text.replace(text.find(kPlaceholder), kPlaceholder.size(), program);
    fmt::print("{}", text);
  }
}

}  // namespace

void register_completion(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "completion", "Print the completion for a shell");
  const auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "bash, zsh or fish")
      ->option_text("SHELL")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_examples(
      command,
      "  lotse completion bash                                     the script itself\n"
      "  source <(lotse completion bash)                           in ~/.bashrc\n"
      "  source <(lotse completion zsh)                            in ~/.zshrc, after compinit\n"
      "  lotse completion fish > ~/.config/fish/completions/lotse.fish\n"
      "\n"
      "Completes commands, options, their fixed words, the workspace's journeys, files and folders.");
  command.callback([shell] { print_script(*shell); });
}

}  // namespace lotse::cli
