#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "channels/file/mapping.hpp"
#include "channels/http/settings.hpp"
#include "cli/context.hpp"
#include "engine/report/findings_json.hpp"
#include "engine/report/json.hpp"
#include "engine/workbench/scenario.hpp"
#include "engine/workbench/simulation.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<fs::path> paths;
  std::string format = "text";
};

/// What was checked, and all that was found in it.
struct Checked {
  std::vector<Diagnostic> findings;
  std::size_t journeys = 0;
  std::size_t touchpoints = 0;
  std::size_t tests = 0;
};

void add(Checked& checked, std::vector<Diagnostic> findings) {
  std::ranges::move(findings, std::back_inserter(checked.findings));
}

/// `simulation.yaml` names the journey that it is about; `<journey>.simulation.yaml` does by its own name.
void check_simulation(Checked& checked, const Workspace& workspace) {
  for (const JourneyVersions& versions : workspace.journeys) {
    const Journey& journey = *versions.versions.back();
    for (const std::string& name : {std::string("simulation.yaml"), journey.id + ".simulation.yaml"}) {
      const fs::path path = workspace.root / name;
      const Result<std::string> text = read_file(path);
      if (!text) continue;  // there need not be one
      auto findings = load_simulation(path.string(), *text, journey).findings;
      const bool other =
          std::ranges::any_of(findings, [](const Diagnostic& finding) { return finding.code == "S005"; });
      if (other && workspace.journeys.size() > 1) continue;
      add(checked, std::move(findings));
    }
  }
}

Result<void> check_tests(Checked& checked, const fs::path& path, const Workspace& workspace) {
  LOTSE_TRY(const std::string text, read_file(path));
  auto tests = scenario::load_scenarios(path.string(), text, workspace);
  add(checked, std::move(tests.findings));
  if (tests.value) checked.tests += tests.value->scenarios.size();
  return {};
}

/// The part of lotse.yaml that is the service's. What keeps the file from being read at all is told already.
void check_service(Checked& checked, const std::string& file, std::string_view text) {
  const bool readable = std::ranges::none_of(checked.findings, [&](const Diagnostic& finding) {
    return finding.where.file == file && finding.severity == Severity::error;
  });
  if (readable) add(checked, http::load_serve_settings(file, text).findings);
}

/// The workspace that the folder is, or in which it lies.
Result<void> check_folder(Checked& checked, const fs::path& path) {
  const fs::path folder = find_workspace(path).value_or(path);
  Loaded<Workspace> loaded = load_workspace(folder);
  add(checked, std::move(loaded.findings));
  if (const auto settings = read_file(folder / "lotse.yaml")) check_service(checked, "lotse.yaml", *settings);
  if (!loaded.value) return {};
  for (const JourneyVersions& journey : loaded.value->journeys) {
    ++checked.journeys;
    checked.touchpoints += journey.versions.back()->touchpoints.size();
  }
  for (const fs::path& test : scenario::find_test_files(folder)) {
    LOTSE_CHECK(check_tests(checked, test, *loaded.value));
  }
  check_simulation(checked, *loaded.value);
  return {};
}

/// A test or a simulation, which only mean something within their workspace.
Result<void> check_within_workspace(Checked& checked, const fs::path& file, bool is_test) {
  Loaded<Workspace> loaded = load_workspace(workspace_of(file));
  if (!loaded.value) {
    add(checked, std::move(loaded.findings));
    return {};
  }
  if (is_test) return check_tests(checked, file, *loaded.value);
  check_simulation(checked, *loaded.value);
  return {};
}

Result<void> check_file(Checked& checked, const fs::path& file) {
  LOTSE_TRY(const std::string text, read_file(file));
  const std::string name = file.filename().string();
  const bool is_test = name.ends_with(".test.yaml");
  if (is_test || name.ends_with("simulation.yaml")) return check_within_workspace(checked, file, is_test);
  if (name == "mapping.yaml" || name.ends_with(".mapping.yaml")) {
    add(checked, file::load_mapping(file.string(), text).findings);
  } else if (name == "channels.yaml") {
    add(checked, load_channels(file.string(), text).findings);
  } else if (name == "lotse.yaml") {
    add(checked, load_settings(file.string(), text).findings);
    check_service(checked, file.string(), text);
  } else {
    Loaded<Surroundings> around = load_surroundings(workspace_of(file));
    if (!around.value) {  // what the journey names cannot be told from what is wrong there
      add(checked, std::move(around.findings));
      return {};
    }
    Loaded<std::shared_ptr<const Journey>> loaded =
        load_journey(file.string(), text, around.value->channels, around.value->settings);
    add(checked, std::move(loaded.findings));
    if (loaded.value) {
      ++checked.journeys;
      checked.touchpoints += (*loaded.value)->touchpoints.size();
    }
  }
  return {};
}

Result<Checked> check_paths(const std::vector<fs::path>& paths) {
  Checked checked;
  for (const fs::path& path : paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      LOTSE_CHECK(check_folder(checked, path));
    } else {
      LOTSE_CHECK(check_file(checked, path));
    }
  }
  return checked;
}

std::string json_text(const Checked& checked) {
  JsonWriter json;
  json.begin_object().key("findings");
  write_findings(json, checked.findings);
  json.field("journeys", std::uint64_t{checked.journeys})
      .field("touchpoints", std::uint64_t{checked.touchpoints})
      .field("tests", std::uint64_t{checked.tests});
  return std::move(json.end_object()).str();
}

Exit check(const Context& context, const Options& options) {
  const Result<Checked> checked =
      check_paths(options.paths.empty() ? std::vector{context.workspace} : options.paths);
  if (!checked) return report(context, checked.error());
  const bool failed = has_errors(checked->findings);
  if (options.format == "json") {
    fmt::print("{}", json_text(*checked));
    return failed ? Exit::findings : Exit::ok;
  }
  print(context, checked->findings);
  const std::string findings = count_text(checked->findings);
  const auto counted = [](std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  fmt::print("{}, {}, {}: {}\n", counted(checked->journeys, "journey"),
             counted(checked->touchpoints, "touchpoint"), counted(checked->tests, "test"),
             findings.empty() ? "no findings" : findings);
  return failed ? Exit::findings : Exit::ok;
}

}  // namespace

void register_check(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "check", "Find every mistake in journeys, channels and tests");
  const auto options = std::make_shared<Options>();
  command.add_option("path", options->paths, "Workspace folders or single files (default: the workspace)")
      ->option_text("PATH...");
  add_workspace_option(command, context);
  command.add_option("--format", options->format, "text (default) or json")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  add_examples(command,
               "  lotse check                                    the workspace in this folder\n"
               "  lotse check journeys/broadband\n"
               "  lotse check journeys/broadband/journeys/broadband-onboarding.yaml --format json\n"
               "\n"
               "Exit status: 0 no errors (warnings do not count); 1 errors; 2 a path that cannot be read.");
  command.callback([&context, options] { context.status = check(context, *options); });
}

}  // namespace lotse::cli
