#include "cli/serve.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "channels/http/settings.hpp"
#include "cli/serve_loop.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using http::Settings;

/// A setting that the command line and the environment may give.
struct Given {
  const char* key;
  const char* flag;
  const char* variable;
  const char* type;
  const char* help;
};
constexpr std::array<Given, 6> givens{
    {{"address", "--address", "LOTSE_ADDRESS", "IP",
      "Listen on this address (default: as lotse.yaml says, 127.0.0.1)"},
     {"port", "--port", "LOTSE_PORT", "PORT", "and this port; 0: any free one (8080)"},
     {"certificate", "--tls-certificate", "LOTSE_TLS_CERTIFICATE", "FILE", "Serve HTTPS with this PEM chain"},
     {"key", "--tls-key", "LOTSE_TLS_KEY", "FILE", "and this private key"},
     {"log_level", "--log-level", "LOTSE_LOG_LEVEL", "LEVEL", "debug, info (default), warning or error"},
     {"log_format", "--log-format", "LOTSE_LOG_FORMAT", "FORMAT", "text (default) or json"}}};

struct Options {
  std::optional<fs::path> workspace;
  std::map<std::string, std::string> flags;  ///< by key
  std::optional<fs::path> port_file;
};

std::optional<std::string> environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

/// What lotse.yaml says; its mistakes are printed.
std::optional<Settings> settings_of_file(Context& context) {
  const fs::path file = context.workspace / "lotse.yaml";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return Settings{};
  const Result<std::string> text = read_file(file);
  if (!text) {
    context.status = report(context, text.error());
    return std::nullopt;
  }
  Loaded<Settings> loaded = http::load_serve_settings(file.string(), *text);
  if (!loaded.value) {
    print(context, loaded.findings);
    context.status = Exit::findings;
    return std::nullopt;
  }
  for (auto* path : {&loaded.value->server.certificate, &loaded.value->server.key}) {
    if (*path) *path = context.workspace / **path;
  }
  return std::move(loaded.value);
}

Result<void> take_overrides(Settings& settings, const Options& options) {
  for (const Given& given : givens) {
    if (const auto flag = options.flags.find(given.key); flag != options.flags.end()) {
      LOTSE_CHECK(http::apply(settings, {.key = given.key, .value = flag->second, .from = given.flag}));
    } else if (const auto variable = environment(given.variable)) {
      LOTSE_CHECK(http::apply(settings, {.key = given.key, .value = *variable, .from = given.variable}));
    }
  }
  return http::check_together(settings);
}

void find_places(Context& context, const Options& options) {
  if (options.workspace) {
    context.workspace = *options.workspace;
  } else if (const auto variable = environment("LOTSE_WORKSPACE")) {
    context.workspace = *variable;
  }
  if (const auto variable = environment("LOTSE_STORE"); variable && !context.store) context.store = *variable;
}

void run(Context& context, const Options& options) {
  find_places(context, options);
  const std::optional<Workspace> workspace = open_workspace(context);
  if (!workspace) return;
  std::optional<Settings> settings = settings_of_file(context);
  if (!settings) return;
  Result<void> done = take_overrides(*settings, options);
  if (done) done = serve(*workspace, store_path(context, *workspace), *settings, options.port_file);
  if (!done) context.status = report(context, done.error());
}

}  // namespace

void register_serve(CLI::App& app, Context& context) {
  CLI::App& command =
      add_command(app, context, "serve", "Run as a service: take events and answer reads over HTTP");
  const auto options = std::make_shared<Options>();
  command
      .add_option("WORKSPACE", options->workspace,
                  "Folder with lotse.yaml, channels.yaml and journeys (default .)")
      ->option_text("DIR");
  add_store_option(command, context);
  for (const Given& given : givens) {
    command
        .add_option_function<std::string>(
            given.flag, [options, key = given.key](const std::string& value) { options->flags[key] = value; },
            given.help)
        ->type_name(given.type);
  }
  command.add_option("--port-file", options->port_file, "Write the port that it listens on to FILE")
      ->type_name("FILE");
  add_examples(
      command,
      "  lotse token add shop --role channel --channel web -w journeys/broadband\n"
      "  lotse serve journeys/broadband\n"
      "  lotse serve /etc/lotse --store /var/lib/lotse/lotse.db --log-format json\n"
      "  LOTSE_PORT=9000 lotse serve\n"
      "\n"
      "Flags are stronger than LOTSE_ADDRESS, LOTSE_PORT, LOTSE_TLS_CERTIFICATE, LOTSE_TLS_KEY,\n"
      "LOTSE_LOG_LEVEL, LOTSE_LOG_FORMAT, LOTSE_WORKSPACE and LOTSE_STORE, and these than `serve` in\n"
      "lotse.yaml. Ctrl-C or SIGTERM ends it with a check-point; SIGHUP reads the workspace again, as does\n"
      "a change of its files. docs/operations.md has all settings.");
  command.callback([&context, options] { run(context, *options); });
}

}  // namespace lotse::cli
