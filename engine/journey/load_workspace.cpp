#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/journey/checks.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/journey_files.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {

using shape::NameStyle;
using shape::Section;
using yaml::Kind;
using yaml::Node;

namespace {

/// Text values, kept as they are: "" and "null" are what `never` is about.
std::vector<std::string> read_texts(Section& section, std::string_view key) {
  std::vector<std::string> texts;
  for (const Node* item : section.items(key)) {
    if (item->kind != Kind::scalar || item->scalar_type() != yaml::ScalarType::text) {
      shape::wrong_type(section.findings(), *item, fmt::format("an item of `{}`", key), "text", "quote it");
    } else {
      texts.push_back(item->text);
    }
  }
  return texts;
}

void read_identity(Section& root, WorkspaceSettings& settings) {
  const Node* node = root.find("identity");
  if (node == nullptr) return;
  constexpr std::array<std::string_view, 3> keys{"rank", "limits", "never"};
  constexpr std::int64_t limit_max = 1'000'000;
  Findings& findings = root.findings();
  Section section(findings, *node, "`identity`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  if (section.find("rank") != nullptr) {
    settings.namespace_rank.clear();
    for (const Node* name : section.name_list("rank", NameStyle::slug))
      settings.namespace_rank.push_back(name->text);
  }
  if (section.find("limits") != nullptr) {
    settings.identity_limits.clear();
    for (const yaml::Entry& entry : section.entries("limits", NameStyle::slug)) {
      const auto limit =
          shape::read_integer(findings, *entry.value, fmt::format("`{}`", entry.key->text), 1, limit_max);
      if (limit) settings.identity_limits.emplace_back(entry.key->text, static_cast<std::uint32_t>(*limit));
    }
  }
  if (section.find("never") != nullptr) settings.identity_never = read_texts(section, "never");
}

void read_retention(Section& root, WorkspaceSettings& settings) {
  const Node* node = root.find("retention");
  if (node == nullptr) return;
  constexpr std::array<std::string_view, 2> keys{"older", "at"};
  constexpr LocalTime quiet{3 * 60 + 30};  // few people are up
  constexpr std::chrono::days least(1);
  Findings& findings = root.findings();
  Section section(findings, *node, "`retention`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  section.require("older");
  const auto older = section.duration("older");
  const auto at = section.local_time("at");
  if (!older) return;
  if (*older < least) {
    findings.error("J068", section.find("older")->mark,
                   fmt::format("customers would be erased after {} of silence", format_duration(*older)),
                   "write a day or more: 730d");
    return;
  }
  settings.retention = Retention{*older, at.value_or(quiet)};
}

Diagnostic about_file(const std::string& file, const char* code, std::string message, std::string hint = {}) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.where = {file, 0, 0};
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

/// The whole text, or nothing where it cannot be read; one byte more than `limits` allow is enough to refuse
/// it.
std::optional<std::string> read_file(const std::filesystem::path& path, const FileLimits& limits) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text(limits.bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

/// Reads and collects the files of one workspace; the findings name files relative to its root.
class WorkspaceReader {
 public:
  WorkspaceReader(const std::filesystem::path& root, const UnsavedFile* unsaved)
      : root_(root), unsaved_(unsaved) {
    workspace_.root = root;
  }

  Loaded<Workspace> read() {
    if (std::error_code error; !std::filesystem::is_directory(root_, error)) {
      findings_.push_back(about_file(root_.string(), "J061", "there is no such folder"));
      return {std::nullopt, std::move(findings_)};
    }
    if (auto settings = read_optional("lotse.yaml", load_settings))
      workspace_.settings = *std::move(settings);
    workspace_.channels.file = "channels.yaml";
    if (auto channels = read_optional("channels.yaml", load_channels)) {
      workspace_.channels = *std::move(channels);
    } else {
      channels_known_ = !has_errors(findings_);
    }
    std::vector<std::string> files = journey_files(root_);
    if (unsaved_ != nullptr && std::ranges::find(files, unsaved_->file) == files.end())
      files.insert(std::ranges::lower_bound(files, unsaved_->file), unsaved_->file);
    if (files.empty()) {
      findings_.push_back(about_file(root_.string(), "J061", "there is no journey here",
                                     "put one into journeys/, as journeys/NAME.yaml"));
    }
    for (const std::string& file : files) read_journey(file);
    for (auto& [id, versions] : journeys_) add_versions(versions);
    std::ranges::move(check_together(workspace_.journeys), std::back_inserter(findings_));
    if (has_errors(findings_)) return {std::nullopt, std::move(findings_)};
    return {std::move(workspace_), std::move(findings_)};
  }

 private:
  using Versions = std::map<std::uint32_t, std::shared_ptr<const Journey>>;

  template <class T>
  std::optional<T> read_optional(const std::string& name,
                                 Loaded<T> (*load)(std::string_view, std::string_view, const FileLimits&)) {
    std::error_code error;
    if (!std::filesystem::exists(root_ / name, error)) return std::nullopt;
    const auto text = read_file(root_ / name, limits_);
    if (!text) {
      findings_.push_back(about_file(name, "J061", "the file cannot be read"));
      return std::nullopt;
    }
    Loaded<T> loaded = load(name, *text, limits_);
    findings_.insert(findings_.end(), loaded.findings.begin(), loaded.findings.end());
    return std::move(loaded.value);
  }

  [[nodiscard]] std::optional<std::string> text_of(const std::string& name) const {
    return unsaved_ != nullptr && unsaved_->file == name ? unsaved_->text : read_file(root_ / name, limits_);
  }

  void read_journey(const std::string& name) {
    const auto text = text_of(name);
    if (!text) {
      findings_.push_back(about_file(name, "J061", "the file cannot be read"));
      return;
    }
    auto loaded = load_journey(name, *text, workspace_.channels, workspace_.settings, limits_);
    // Which channels there are cannot be told from a file with mistakes.
    if (!channels_known_)
      std::erase_if(loaded.findings, [](const Diagnostic& finding) { return finding.code == "J032"; });
    findings_.insert(findings_.end(), loaded.findings.begin(), loaded.findings.end());
    if (!loaded.value) return;
    const auto& journey = *loaded.value;
    const auto [first, is_new] = journeys_[journey->id].emplace(journey->version, journey);
    if (!is_new) {
      add(*journey, Severity::error, "J062", version_of,
          fmt::format("`{}` version {} is also in {}", journey->id, journey->version, first->second->file),
          "raise the version in one of them");
    }
  }

  /// A journey keeps no places, so its text is parsed once more to find the one that `place` names.
  void add(const Journey& journey, Severity severity, const char* code,
           const std::function<const Node&(const Node&)>& place, std::string message, std::string hint = {}) {
    Findings findings(journey.file, yaml::without_byte_order_mark(journey.source));
    const auto document = yaml::parse(findings, limits_);
    LOTSE_ASSERT(document);
    const Mark& at = place(document->root()).mark;
    const bool error = severity == Severity::error;
    error ? findings.error(code, at, std::move(message), std::move(hint))
          : findings.warning(code, at, std::move(message), std::move(hint));
    std::ranges::move(findings.take(), std::back_inserter(findings_));
  }

  static const Node& version_of(const Node& root) {
    const Node* version = root.find("version");
    return version == nullptr ? *root.find("journey") : *version;
  }

  void add_versions(const Versions& versions) {
    JourneyVersions added;
    for (const auto& [number, journey] : versions) {
      if (journey->migrate) check_migration(*journey, versions);
      Instant in_force = Instant::min();
      if (!added.versions.empty()) {
        in_force = journey->in_force_from.value_or(Instant::max());
        if (!journey->in_force_from) {
          add(*journey, Severity::warning, "J063", version_of,
              fmt::format("version {} comes into force when it is published, for its file does not say when",
                          number),
              "`lotse publish --plan` shows what that does; a date: `in_force_from: …`");
        } else if (*journey->in_force_from <= added.in_force.back()) {
          const auto instant = [](const Node& root) -> const Node& { return *root.find("in_force_from"); };
          add(*journey, Severity::error, "J063", instant,
              fmt::format("version {} is in force from {}, no later than version {}", number,
                          format_instant(*journey->in_force_from), added.versions.back()->version));
        }
      }
      added.versions.push_back(journey);
      added.in_force.push_back(in_force);
    }
    workspace_.journeys.push_back(std::move(added));
  }

  void check_migration(const Journey& journey, const Versions& versions) {
    const auto& from = journey.migrate->from;
    const auto& positions = journey.migrate->positions;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto older = versions.find(from[i]);
      if (older == versions.end()) {
        const auto version = [i](const Node& root) -> const Node& {
          return *root.find("migrate")->find("from")->items[i];
        };
        add(journey, Severity::error, "J064", version,
            fmt::format("`migrate` names version {}, which is not here", from[i]),
            "keep the files of older versions in journeys/");
        continue;
      }
      for (std::size_t k = 0; k < positions.size(); ++k) {
        if (older->second->find_touchpoint(positions[k].first)) continue;
        const auto position = [k](const Node& root) -> const Node& {
          return *root.find("migrate")->find("positions")->entries[k].key;
        };
        add(journey, Severity::error, "J064", position,
            fmt::format("`migrate` moves `{}`, which version {} does not have", positions[k].first, from[i]));
      }
    }
  }

  const std::filesystem::path& root_;
  const UnsavedFile* unsaved_;  ///< null: the files alone
  const FileLimits limits_;
  Workspace workspace_;
  std::vector<Diagnostic> findings_;
  bool channels_known_ = true;  ///< false: channels.yaml (or lotse.yaml before it) has mistakes
  std::map<std::string, Versions> journeys_;
};

}  // namespace

Loaded<WorkspaceSettings> load_settings(std::string_view file, std::string_view text,
                                        const FileLimits& limits) {
  constexpr std::array<std::string_view, 7> keys{"zone",        "identity",  "future_tolerance",
                                                 "stale_after", "retention", "store",
                                                 "serve"};  // serve: the service's
  Findings findings(file, yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  WorkspaceSettings settings;
  if (document->root().kind == Kind::null) return {std::move(settings), {}};  // every key is optional
  Section root(findings, document->root(), "a workspace file");
  if (root.is_mapping()) {
    root.allow(keys);
    if (auto zone = root.text("zone")) {
      if (!Zone::find(*zone)) {
        findings.error("J065", root.find("zone")->mark, fmt::format("`{}` is no time zone", *zone),
                       "write an IANA name: Europe/Berlin, America/Sao_Paulo, UTC");
      }
      settings.zone = *std::move(zone);
    }
    read_identity(root, settings);
    settings.future_tolerance = root.duration("future_tolerance").value_or(settings.future_tolerance);
    settings.stale_after = root.duration("stale_after").value_or(settings.stale_after);
    read_retention(root, settings);
    settings.store = root.text("store").value_or(settings.store);
  }
  if (findings.has_errors()) return {std::nullopt, findings.take()};
  return {std::move(settings), findings.take()};
}

Loaded<Workspace> load_workspace(const std::filesystem::path& root) {
  return WorkspaceReader(root, nullptr).read();
}

Loaded<Workspace> load_workspace(const std::filesystem::path& root, const UnsavedFile& unsaved) {
  return WorkspaceReader(root, &unsaved).read();
}

bool is_journey_file(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  const std::string name = file.filename().string();
  // Behind a NUL the ending would be another than that of the file that is opened.
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (std::ranges::any_of(file.native(), is_control)) return false;
  const bool yaml = name.ends_with(".yaml") || name.ends_with(".yml");
  if (!yaml || name.starts_with('.') || !(folder.empty() || folder == "journeys")) return false;
  const bool test = name.ends_with(".test.yaml") || name.ends_with(".test.yml");
  const bool marked = name.ends_with(".journey.yaml") || name.ends_with(".journey.yml");
  return marked || (!folder.empty() && !test);
}

std::optional<std::string> read_journey_file(const std::filesystem::path& root, std::string_view file) {
  return read_file(root / file, FileLimits{});
}

std::vector<std::string> journey_files(const std::filesystem::path& root) {
  std::vector<std::string> files;
  for (const char* folder : {"", "journeys"}) {
    std::error_code error;
    std::filesystem::directory_iterator entry(root / folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      std::error_code unreadable;
      const std::filesystem::path file = folder / entry->path().filename();
      if (entry->is_regular_file(unreadable) && is_journey_file(file)) files.push_back(file.generic_string());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace lotse
