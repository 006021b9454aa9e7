#include "cli/help.hpp"

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lotse::cli {
namespace {

/// `lotse report friction`.
std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

/// The command that was named last: `friction` of `lotse report friction`; the app where there was none.
const CLI::App& named_last(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : named_last(*parsed.front());
}

bool has_commands(const CLI::App& command) { return !command.get_subcommands(nullptr).empty(); }

void collect_commands(const CLI::App& app, std::vector<const CLI::App*>& commands) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    commands.push_back(command);
    collect_commands(*command, commands);
  }
}

const CLI::App* nearest_of(std::string_view word, std::span<const CLI::App* const> commands) {
  std::vector<std::string_view> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  const std::string_view meant = nearest(word, names);
  for (const CLI::App* command : commands) {
    if (command->get_name() == meant) return command;
  }
  return nullptr;
}

/// The command that was probably meant: of that name wherever it is, else the most alike beside where it was
/// looked for, else anywhere.
const CLI::App* meant_command(const CLI::App& looked_in, std::string_view word) {
  const CLI::App* root = &looked_in;
  while (root->get_parent() != nullptr) root = root->get_parent();
  std::vector<const CLI::App*> all;
  collect_commands(*root, all);
  for (const CLI::App* command : all) {
    if (command->get_name() == word) return command;
  }
  const CLI::App* beside = nearest_of(word, looked_in.get_subcommands(nullptr));
  return beside != nullptr ? beside : nearest_of(word, all);
}

Exit fail_with_hint(const CLI::App& command, const Context& context, const std::string& message) {
  const Exit status = report(context, {.code = ErrorCode::bad_input, .message = message});
  fmt::print(stderr, "  `{} --help` says what there is\n", full_name(command));
  return status;
}

std::string did_you_mean(std::string_view meant) {
  return meant.empty() ? std::string() : fmt::format("; did you mean `{}`?", meant);
}

/// ` of `lotse map``; nothing where it is lotse itself.
std::string of(const CLI::App& command) {
  return command.get_parent() == nullptr ? std::string() : fmt::format(" of `{}`", full_name(command));
}

Exit fail_unknown_command(const CLI::App& looked_in, const Context& context, std::string_view word) {
  const CLI::App* meant = meant_command(looked_in, word);
  return fail_with_hint(looked_in, context,
                        fmt::format("`{}` is no command{}{}", word, of(looked_in),
                                    did_you_mean(meant == nullptr ? std::string() : full_name(*meant))));
}

Exit fail_unknown_option(const CLI::App& command, const Context& context, std::string_view argument) {
  const std::string_view word = argument.substr(0, argument.find('='));  // `--jurney` of `--jurney=x`
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return fail_with_hint(
      command, context,
      fmt::format("`{}` is no option{}{}", word, of(command), did_you_mean(nearest(word, candidates))));
}

void print_help(const CLI::App& app, Context& context, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const CLI::App* inner = nullptr;
    for (const CLI::App* candidate : command->get_subcommands(nullptr)) {
      if (candidate->get_name() == word) inner = candidate;
    }
    if (inner == nullptr) {
      context.status = fail_unknown_command(*command, context, word);
      return;
    }
    command = inner;
  }
  // Not command->help(): that of the app would be about `help`, the command that runs.
  fmt::print("{}",
             command->get_formatter()->make_help(command, full_name(*command), CLI::AppFormatMode::Normal));
}

}  // namespace

void register_help(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "help", "Explain a command, as its --help does");
  const auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("command", *words, "Which command; left out: all of them in a line each")
      ->option_text("COMMAND...");
  add_examples(command,
               "  lotse help check\n"
               "  lotse help report friction");
  command.callback([&app, &context, words] { print_help(app, context, *words); });
}

std::optional<Exit> explain_unknown_command(const CLI::App& app, const Context& context) {
  const CLI::App& command = named_last(app);
  const std::vector<std::string> extras = command.remaining();
  if (extras.empty() || extras.front().starts_with('-') || !has_commands(command)) return std::nullopt;
  return fail_unknown_command(command, context, extras.front());
}

Exit explain(const CLI::App& app, const Context& context, const CLI::ParseError& error) {
  const CLI::App& command = named_last(app);
  const std::vector<std::string> extras = command.remaining();
  if (const std::optional<Exit> unknown = explain_unknown_command(app, context)) return *unknown;
  if (!extras.empty() && extras.front().starts_with('-'))
    return fail_unknown_option(command, context, extras.front());
  if (!extras.empty()) {
    return fail_with_hint(
        command, context,
        fmt::format("`{}` is no argument that was expected of `{}`", extras.front(), full_name(command)));
  }
  if (!has_commands(command)) return fail_with_hint(command, context, error.what());
  std::vector<std::string_view> names;
  for (const CLI::App* inner : command.get_subcommands(nullptr)) names.push_back(inner->get_name());
  return fail_with_hint(
      command, context,
      fmt::format("`{}` needs one of its commands: {}", full_name(command), fmt::join(names, ", ")));
}

}  // namespace lotse::cli
