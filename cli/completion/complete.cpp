#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "cli/completion/completion.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

enum class Kind : std::uint8_t { other, file, folder, journey };

/// The word that the help has for an option's value.
std::string value_word(const CLI::Option& option) {
  if (!option.get_option_text().empty()) return option.get_option_text();
  const std::string type = option.get_type_name();
  return type.empty() ? option.get_name(true) : type;
}

Kind kind_of(const CLI::Option& option) {
  std::string words = value_word(option);
  if (words.ends_with("...")) words.resize(words.size() - 3);
  Kind kind = Kind::other;
  for (const std::string& word : CLI::detail::split(words, '|')) {
    if (word == "DIR") kind = Kind::folder;
    if (word == "JOURNEY") kind = Kind::journey;
    const bool file =
        word == "FILE" || word == "LOG" || word == "PATH" || word.find('.') != std::string::npos;
    if (file) kind = Kind::file;
  }
  return kind;
}

/// The words of an IsMember, which describes itself as `{auto,always,never}`.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin);
  if (end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
bool takes_many(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

/// A command line that is read up to its last word.
class Line {
 public:
  explicit Line(const CLI::App& app) : command_(&app) {}

  void read(const std::string& word) {
    const bool option = !arguments_only_ && word.size() > 1 && word.starts_with('-');
    if (!option && value_of_ != nullptr) {
      note(*value_of_, word);
      if (!takes_many(*value_of_)) value_of_ = nullptr;
    } else if (word == "--") {
      arguments_only_ = true;
      value_of_ = nullptr;
    } else if (option) {
      read_option(word);
    } else {
      read_argument(word);
    }
  }

  [[nodiscard]] std::string complete(const std::string& word) const {
    if (value_of_ != nullptr && !(takes_many(*value_of_) && word.starts_with('-')))
      return values(*value_of_, "", word);
    if (!arguments_only_ && word.starts_with('-')) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) return options(word);
      const CLI::Option* option = find(word.substr(0, equals));
      return option == nullptr ? "" : values(*option, word.substr(0, equals + 1), word.substr(equals + 1));
    }
    std::string text = arguments_ == 0 ? commands(word) : "";
    if (const CLI::Option* argument = next_argument()) text += values(*argument, "", word);
    return text.empty() && !arguments_only_ ? options(word) : text;
  }

 private:
  void read_option(const std::string& word) {
    value_of_ = nullptr;
    const bool is_long = word.starts_with("--");
    const std::size_t end = is_long ? std::min(word.find('='), word.size()) : 2;
    const CLI::Option* option = find(word.substr(0, end));
    if (option == nullptr) return;
    given_.push_back(option);
    if (end < word.size()) {
      note(*option, word.substr(is_long ? end + 1 : end));  // `--workspace=shop`, `-wshop`
    } else if (takes_value(*option)) {
      value_of_ = option;
    }
  }

  void read_argument(const std::string& word) {
    if (arguments_ == 0) {
      for (const CLI::App* subcommand : command_->get_subcommands(nullptr)) {
        if (subcommand->get_name() != word) continue;
        command_ = subcommand;
        given_.clear();
        return;
      }
    }
    if (const CLI::Option* argument = next_argument()) note(*argument, word);
    ++arguments_;
  }

  /// Where journeys are looked for, if this tells.
  void note(const CLI::Option& option, const std::string& value) {
    if (option.check_name("--workspace") || option.check_name("workspace")) workspace_ = value;
  }

  [[nodiscard]] const CLI::Option* find(const std::string& name) const {
    return command_->get_option_no_throw(name);
  }

  /// The argument that a word without dashes would be; the last one may take them all.
  [[nodiscard]] const CLI::Option* next_argument() const {
    std::size_t place = 0;
    for (const CLI::Option* option : command_->get_options()) {
      if (!option->get_positional()) continue;
      if (place++ == arguments_ || takes_many(*option)) return option;
    }
    return nullptr;
  }

  static void add(std::string& text, const std::string& beginning, const std::string& word,
                  const std::string& about) {
    if (!word.starts_with(beginning)) return;
    std::string line = about;  // a title may have line breaks, which would begin another word
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    text += fmt::format("{}\t{}\n", word, line);
  }

  [[nodiscard]] std::string commands(const std::string& beginning) const {
    std::string text;
    for (const CLI::App* subcommand : command_->get_subcommands(nullptr))
      add(text, beginning, subcommand->get_name(), subcommand->get_description());
    return text;
  }

  /// Those that can still be given; short names only where they are asked for.
  [[nodiscard]] std::string options(const std::string& beginning) const {
    std::string text;
    for (const CLI::Option* option : command_->get_options()) {
      const bool again = takes_many(*option) || std::ranges::count(given_, option) == 0;
      if (!option->nonpositional() || !again) continue;
      for (const std::string& name : names_of(*option)) {
        if (name.starts_with("--") || beginning.size() == 2)
          add(text, beginning, name, option->get_description());
      }
    }
    return text;
  }

  [[nodiscard]] std::string values(const CLI::Option& option, const std::string& before,
                                   const std::string& beginning) const {
    std::string text;
    for (const std::string& choice : choices_of(option))
      add(text, before + beginning, before + choice, option.get_description());
    if (!text.empty()) return text;
    switch (kind_of(option)) {
      case Kind::other:
        return "";
      case Kind::file:
        return ":files\n";
      case Kind::folder:
        return ":folders\n";
      case Kind::journey:
        break;
    }
    return journeys(before, beginning);
  }

  [[nodiscard]] std::string journeys(const std::string& before, const std::string& beginning) const {
    std::string folder = workspace_;
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): there is one thread
    if (folder.starts_with("~/") && home != nullptr) folder.replace(0, 1, home);  // no shell has done it
    const Loaded<Workspace> loaded = load_workspace(folder);
    if (!loaded.value) return "";
    std::string text;
    for (const JourneyVersions& journey : loaded.value->journeys) {
      const Journey& newest = *journey.versions.back();
      add(text, before + beginning, before + newest.id, newest.title);
    }
    return text;
  }

  const CLI::App* command_;
  const CLI::Option* value_of_ = nullptr;  ///< the option whose value comes next
  bool arguments_only_ = false;            ///< after `--`
  std::size_t arguments_ = 0;              ///< words so far that are neither commands nor options
  std::vector<const CLI::Option*> given_;  ///< to the command
  std::string workspace_ = ".";
};

}  // namespace

std::string complete(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return "";
  Line line(app);
  // What `help` explains are commands.
  const std::size_t first = words.size() > 1 && words.front() == "help" ? 1 : 0;
  for (std::size_t place = first; place + 1 < words.size(); ++place) line.read(words[place]);
  return line.complete(words.back());
}

}  // namespace lotse::cli
