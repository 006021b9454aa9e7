#include "engine/workbench/new_workspace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/journey/shape.hpp"
#include "engine/workbench/event_line.hpp"
#include "engine/workbench/simulation.hpp"

namespace lotse {
namespace {

std::string renamed(std::string_view text, std::string_view journey) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t found = text.find(kStarterJourney, begin);
    out += text.substr(begin, found - begin);
    if (found == std::string_view::npos) break;
    out += journey;
    begin = found + kStarterJourney.size();
  }
  return out;
}

const std::string& text_of(const std::vector<WorkspaceFile>& files, std::string_view path) {
  const auto found = std::ranges::find(files, std::filesystem::path(path), &WorkspaceFile::path);
  LOTSE_ASSERT(found != files.end());
  return found->text;
}

/// The log that the files' own simulation makes. Only the journey's name is not ours, so that any other
/// finding is our mistake.
Result<std::string> sample_log(const std::vector<WorkspaceFile>& files, std::string_view name) {
  const auto channels = load_channels("channels.yaml", text_of(files, "channels.yaml"));
  const auto settings = load_settings("lotse.yaml", text_of(files, "lotse.yaml"));
  LOTSE_ASSERT(channels.value && settings.value);
  const std::string file = fmt::format("journeys/{}.yaml", name);
  const auto journey = load_journey(file, text_of(files, file), *channels.value, *settings.value);
  if (!journey.value) {  // `true`, `12`: YAML has them for something else than text
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` cannot be a journey's name: {}", name, journey.findings.front().message));
  }
  const auto simulation =
      load_simulation("simulation.yaml", text_of(files, "simulation.yaml"), **journey.value);
  LOTSE_ASSERT(simulation.value);

  constexpr std::chrono::sys_days first_day{std::chrono::year(2024) / std::chrono::January / 1};
  const SimulationOptions options{
      .customers = kSampleCustomers, .seed = 1, .from = first_day, .span = std::chrono::days(60)};
  std::string log;
  simulate(**journey.value, *simulation.value, options,
           [&](const Event& event) { append_event_line(log, event); });
  return log;
}

}  // namespace

Result<std::vector<WorkspaceFile>> new_workspace(std::string_view journey) {
  if (!shape::fits(journey, shape::NameStyle::slug)) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` cannot be a journey's name: letters, digits, `_`, `-` and `.`, a letter or "
                            "digit first",
                            journey));
  }
  if (journey.ends_with(".test")) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` cannot be the journey's name here: {}.yaml would be taken for tests",
                            journey, journey));
  }
  std::vector<WorkspaceFile> files;
  for (const StarterFile& file : starter_files()) {
    files.push_back({.path = renamed(file.path, journey), .text = renamed(file.text, journey)});
  }
  LOTSE_TRY(std::string log, sample_log(files, journey));
  files.push_back({.path = "events.ndjson", .text = std::move(log)});
  return files;
}

}  // namespace lotse
