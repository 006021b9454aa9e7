#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "cli/context.hpp"
#include "engine/base/quoted.hpp"
#include "engine/workbench/event_line.hpp"
#include "engine/workbench/simulation.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string workspace;
  std::string journey;
  std::uint64_t customers = 1000;
  std::uint64_t seed = 1;
  std::string output = "-";
  std::string truth;
  std::string from = "2024-01-01";
  std::uint32_t days = 90;
};

/// A stream of lines into a file, gzipped where its name ends in `.gz`, or to the standard output. On an
/// error the file is removed.
class LineWriter {
 public:
  static Result<std::unique_ptr<LineWriter>> open(const std::string& path) {
    auto writer = std::unique_ptr<LineWriter>(new LineWriter(path));
    if (path == "-") {
      writer->file_ = stdout;
    } else if (path.ends_with(".gz")) {
      constexpr const char* fastest = "wb1";
      writer->gz_ = ::gzopen(path.c_str(), fastest);
    } else {
      writer->file_ = std::fopen(path.c_str(), "wb");
    }
    if (writer->file_ == nullptr && writer->gz_ == nullptr) return writer->failure();
    return writer;
  }
  ~LineWriter() {
    if (gz_ != nullptr) ::gzclose(gz_);
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Where the next line is appended to; hand_over() writes it out now and then.
  std::string& buffer() { return buffer_; }
  void hand_over() {
    constexpr std::size_t much = 1U << 18U;
    if (buffer_.size() >= much) flush();
  }

  Result<void> close() {
    flush();
    if (gz_ != nullptr) failed_ |= ::gzclose(gz_) != Z_OK;
    gz_ = nullptr;
    if (file_ != nullptr) failed_ |= std::fflush(file_) != 0;
    if (!failed_) return {};
    if (path_ != "-") {
      std::error_code ignored;
      fs::remove(path_, ignored);
    }
    return tl::make_unexpected(failure().value());
  }

 private:
  explicit LineWriter(std::string path) : path_(std::move(path)) {}

  void flush() {
    const std::size_t size = buffer_.size();
    if (failed_ || size == 0) return;
    if (gz_ != nullptr) {
      failed_ = ::gzwrite(gz_, buffer_.data(), static_cast<unsigned>(size)) != static_cast<int>(size);
    } else {
      failed_ = std::fwrite(buffer_.data(), 1, size, file_) != size;
    }
    buffer_.clear();
  }
  [[nodiscard]] tl::unexpected<Error> failure() const {
    return fail(ErrorCode::storage,
                fmt::format("cannot write `{}`: {}", path_, std::generic_category().message(errno)));
  }

  std::string path_;
  std::string buffer_;
  std::FILE* file_ = nullptr;
  gzFile gz_ = nullptr;
  bool failed_ = false;
};

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "null" : fmt::format("{:.6f}", static_cast<double>(part) / static_cast<double>(whole));
}

std::string json_text(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

/// docs/simulation.md has the shape.
std::string truth_json(const Journey& journey, const SimulationOptions& options,
                       const SimulationTruth& truth) {
  std::string out = fmt::format(
      "{{\n  \"journey\": {}, \"version\": {}, \"seed\": {}, \"customers\": {},\n  \"events\": {}, "
      "\"duplicates\": {}, "
      "\"late\": {}, \"achieved\": {},\n  \"planted\": [",
      json_text(journey.id), journey.version, options.seed, truth.customers, truth.events, truth.duplicates,
      truth.late, truth.achieved);
  for (const PlantedCount& planted : truth.planted) {
    out += fmt::format("{}\n    {{\"name\": {}, \"stays\": {}, \"dropped\": {}}}",
                       &planted == &truth.planted.front() ? "" : ",", json_text(planted.name), planted.stays,
                       planted.dropped);
  }
  out += "\n  ],\n  \"stays\": [";
  for (const TruthRow& row : truth.rows) {
    out += fmt::format(
        "{}\n    {{\"touchpoint\": {}, \"cut\": {}, \"value\": {}, \"channel\": {}, \"entered\": {}, "
        "\"dropped\": {}, "
        "\"hopped\": {}, \"exited\": {}, \"drop_off\": {}}}",
        &row == &truth.rows.front() ? "" : ",", json_text(row.touchpoint), json_text(row.cut),
        json_text(row.value), json_text(row.channel), row.count.entered, row.count.dropped, row.count.hopped,
        row.count.exited, share_text(row.count.dropped, row.count.entered));
  }
  out += "\n  ]\n}\n";
  return out;
}

/// The workspace's simulation.yaml where it is about this journey, else `<journey>.simulation.yaml`, else a
/// guess.
Result<Simulation> simulation_of(const Context& context, const Workspace& workspace, const Journey& journey,
                                 bool& findings) {
  for (const std::string& name : {journey.id + ".simulation.yaml", std::string("simulation.yaml")}) {
    const fs::path path = workspace.root / name;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    LOTSE_TRY(const std::string text, read_file(path));
    Loaded<Simulation> loaded = load_simulation(path.string(), text, journey);
    const bool other_journey =
        name == "simulation.yaml" && workspace.journeys.size() > 1 && !loaded.value &&
        std::ranges::any_of(loaded.findings, [](const auto& f) { return f.code == "S005"; });
    if (other_journey) continue;
    print(context, loaded.findings);
    findings = !loaded.value;
    return std::move(loaded.value).value_or(Simulation{});
  }
  return guess_simulation(journey);
}

Exit run(Context& context, const Options& options) {
  if (!options.workspace.empty()) context.workspace = options.workspace;
  const auto workspace = open_workspace(context);
  if (!workspace) return context.status;
  const Result<std::size_t> index = find_journey(*workspace, options.journey);
  if (!index) return report(context, index.error());
  const Journey& journey = *workspace->journeys[*index].versions.back();
  const Result<Instant> from = read_instant(options.from, zone_of(*workspace));
  if (!from) return report(context, from.error());
  bool findings = false;
  const Result<Simulation> simulation = simulation_of(context, *workspace, journey, findings);
  if (!simulation) return report(context, simulation.error());
  if (findings) return Exit::findings;

  auto writer = LineWriter::open(options.output);
  if (!writer) return report(context, writer.error());
  const SimulationOptions chosen{.customers = options.customers,
                                 .seed = options.seed,
                                 .from = *from,
                                 .span = std::chrono::days(options.days)};
  const auto started = std::chrono::steady_clock::now();
  const SimulationTruth truth = simulate(journey, *simulation, chosen, [&](const Event& event) {
    append_event_line((*writer)->buffer(), event);
    (*writer)->hand_over();
  });
  if (const Result<void> closed = (*writer)->close(); !closed) return report(context, closed.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  if (!options.truth.empty()) {
    if (const auto written = write_file(options.truth, truth_json(journey, chosen, truth)); !written) {
      return report(context, written.error());
    }
  }
  fmt::print(stderr, "{} customers, {} events ({} sent twice, {} late) of {} in {:.1f} s{}\n",
             truth.customers, truth.events, truth.duplicates, truth.late, journey.id, took.count(),
             options.output == "-" ? "" : fmt::format(": {}", options.output));
  return Exit::ok;
}

}  // namespace

void register_simulate(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "simulate", "Make an event log of customers who walk a journey");
  const auto options = std::make_shared<Options>();
  command.add_option("workspace", options->workspace, "Workspace folder (default: this one)")
      ->option_text("DIR");
  add_workspace_option(command, context);
  command.add_option("--journey", options->journey, "Which journey, where the workspace has several")
      ->option_text("JOURNEY");
  command.add_option("--customers", options->customers, "How many (default 1000)")
      ->option_text("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  command.add_option("--seed", options->seed, "Equal seeds give equal logs (default 1)")->option_text("S");
  command.add_option("--from", options->from, "First day on which customers begin (default 2024-01-01)")
      ->option_text("DAY");
  command.add_option("--days", options->days, "Over how many days they begin (default 90)")
      ->option_text("N")
      ->check(CLI::Range(1U, 36'500U));
  command
      .add_option("-o,--output", options->output,
                  "NDJSON file, gzipped if it ends in .gz; - is the standard output (default)")
      ->option_text("FILE");
  command.add_option("--truth", options->truth, "Also write what was planted and what is true, as JSON")
      ->option_text("FILE");
  add_examples(command,
               "  lotse simulate journeys/broadband --customers 10000 --seed 7 --output events.ndjson.gz "
               "--truth truth.json\n"
               "  lotse simulate --customers 3 | head\n"
               "\n"
               "What the customers do is in simulation.yaml beside lotse.yaml (docs/simulation.md); without "
               "one it is\n"
               "guessed from the journey.");
  command.callback([&context, options] { context.status = run(context, *options); });
}

}  // namespace lotse::cli
