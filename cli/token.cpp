#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "channels/http/tokens.hpp"
#include "cli/serve.hpp"
#include "engine/journey/shape.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;
using http::Role;
using http::Tokens;

struct Options {
  std::string name;
  std::string role;
  std::vector<std::string> channels;
  bool sensitive = false;
  std::string expires;
  std::string overlap;
};

/// The file of tokens beside the store. Needs no journey, so that a token can be revoked while one is broken.
std::optional<fs::path> find_file(Context& context) {
  if (context.store) return http::tokens_file(*context.store);
  const std::optional<Surroundings> around = open_surroundings(context, context.workspace);
  if (!around) return std::nullopt;
  return http::tokens_file(context.workspace / around->settings.store);
}

Result<Duration> read_time(std::string_view option, const std::string& text) {
  if (const auto duration = parse_duration(text)) return *duration;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no duration; write `90d`, `12h`, `30m`", option, text));
}

Result<void> check_channels(const std::vector<std::string>& names, const Channels& known) {
  std::vector<std::string_view> ids;
  for (const Channel& channel : known.channels) ids.push_back(channel.id);
  for (const std::string& name : names) {
    if (std::ranges::find(ids, name) != ids.end()) continue;
    const std::string_view meant = nearest(name, ids);
    return fail(ErrorCode::bad_input,
                fmt::format("--channel: `{}` is not in channels.yaml{}", name,
                            !meant.empty() ? fmt::format("; did you mean `{}`?", meant)
                            : ids.empty()  ? std::string(", which names none")
                                           : fmt::format(", which has {}", fmt::join(ids, ", "))));
  }
  return {};
}

Result<http::Principal> read_principal(const Options& options, const Channels& known) {
  const Role role = http::find_role(options.role).value();  // the option takes no other words
  if (!shape::fits(options.name, shape::NameStyle::slug)) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("`{}` is no name for a token; use letters, digits, `_`, `-` and `.`", options.name));
  }
  if (role != Role::channel && !options.channels.empty())
    return fail(ErrorCode::bad_input,
                fmt::format("--channel is for the role channel; {} posts for none", options.role));
  if (options.sensitive && !http::allows(role, http::Permission::read_customers)) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("--sensitive is for those who read customers; the role {} does not", options.role));
  }
  LOTSE_CHECK(check_channels(options.channels, known));
  return http::Principal{
      .name = options.name, .role = role, .channels = options.channels, .sensitive = options.sensitive};
}

/// The token alone on the standard output, so that it can be piped; what it is for beside it.
void show(const std::string& token, const Tokens::Entry& entry) {
  fmt::print("{}\n", token);
  const http::Principal& who = entry.principal;
  std::string may = fmt::format("role {}", name_of(who.role));
  if (who.role == Role::channel) {
    may += who.channels.empty() ? std::string(", posts as any channel")
                                : fmt::format(", posts as {}", fmt::join(who.channels, ", "));
  }
  if (who.sensitive) may += ", sees sensitive fields";
  fmt::print(
      stderr, "token {} of `{}`: {}; {}. It is shown this once: only its hash is kept.\n", entry.id, who.name,
      may,
      entry.expires ? fmt::format("valid until {}", format_instant(*entry.expires)) : "valid until revoked");
}

Result<std::optional<Instant>> read_expiry(const Options& options) {
  if (options.expires.empty()) return std::nullopt;
  LOTSE_TRY(const Duration valid_for, read_time("--expires", options.expires));
  return std::chrono::floor<std::chrono::seconds>(now() + valid_for);
}

Result<void> add(Context& context, const Options& options) {
  const std::optional<Surroundings> around = open_surroundings(context, context.workspace);
  if (!around) return {};
  LOTSE_TRY(const http::Principal principal, read_principal(options, around->channels));
  LOTSE_TRY(const std::optional<Instant> expires, read_expiry(options));
  const std::optional<fs::path> file = find_file(context);
  if (!file) return {};
  std::string token;
  std::optional<Tokens::Entry> entry;
  LOTSE_CHECK(http::change_tokens(*file, [&](Tokens& tokens) -> Result<void> {
    LOTSE_TRY(token, tokens.add(principal, now(), expires));
    entry = tokens.entries().back();
    return {};
  }));
  show(token, *entry);
  return {};
}

/// Who a name stands for, and the ids of its tokens that are valid.
Result<std::vector<Tokens::Entry>> valid_of(const Tokens& tokens, const std::string& name) {
  std::vector<Tokens::Entry> found;
  std::vector<std::string_view> names;
  for (const Tokens::Entry& entry : tokens.entries()) {
    names.push_back(entry.principal.name);
    if (entry.principal.name == name && (!entry.expires || *entry.expires > now())) found.push_back(entry);
  }
  if (!found.empty()) return found;
  const std::string_view meant = nearest(name, names);
  return fail(ErrorCode::not_found,
              fmt::format("there is no valid token of `{}`{}", name,
                          meant.empty() || meant == name ? std::string()
                                                         : fmt::format("; did you mean `{}`?", meant)));
}

Result<void> rotate(Context& context, const Options& options) {
  LOTSE_TRY(const std::optional<Instant> expires, read_expiry(options));
  std::optional<Duration> overlap;
  if (!options.overlap.empty()) {
    LOTSE_TRY(overlap, read_time("--old", options.overlap));
  }
  const std::optional<fs::path> file = find_file(context);
  if (!file) return {};
  std::string token;
  std::optional<Tokens::Entry> entry;
  std::optional<Tokens::Entry> before;
  LOTSE_CHECK(http::change_tokens(*file, [&](Tokens& tokens) -> Result<void> {
    LOTSE_TRY(const std::vector<Tokens::Entry> valid, valid_of(tokens, options.name));
    before = valid.front();
    LOTSE_TRY(token, tokens.add(before->principal, now(), expires));
    entry = tokens.entries().back();
    if (overlap) tokens.expire(before->id, now() + *overlap);
    return {};
  }));
  show(token, *entry);
  if (overlap) {
    fmt::print(stderr, "The one before, {}, is valid for {} more.\n", before->id, format_duration(*overlap));
  } else {
    fmt::print(stderr, "The one before, {}, stays valid until `lotse token revoke {}`.\n", before->id,
               before->id);
  }
  return {};
}

Result<void> revoke(Context& context, const Options& options) {
  const std::optional<fs::path> file = find_file(context);
  if (!file) return {};
  std::size_t revoked = 0;
  LOTSE_CHECK(http::change_tokens(*file, [&](Tokens& tokens) -> Result<void> {
    const std::size_t before = tokens.entries().size();
    if (!tokens.revoke(options.name)) {
      return fail(
          ErrorCode::not_found,
          fmt::format("no token has the name or id `{}`; `lotse token list` shows all", options.name));
    }
    revoked = before - tokens.entries().size();
    return {};
  }));
  fmt::print(stderr, "{} revoked; a running `lotse serve` refuses {} within two seconds.\n",
             revoked == 1 ? "1 token" : fmt::format("{} tokens", revoked), revoked == 1 ? "it" : "them");
  return {};
}

std::string validity(const Tokens::Entry& entry) {
  if (!entry.expires) return "until revoked";
  return fmt::format("{} {}", *entry.expires > now() ? "until" : "expired", format_instant(*entry.expires));
}

Result<void> list(Context& context) {
  const std::optional<fs::path> file = find_file(context);
  if (!file) return {};
  LOTSE_TRY(const Tokens tokens, Tokens::load(*file));
  if (tokens.entries().empty()) {
    fmt::print(stderr, "{} has no token; `lotse token add` makes one\n", file->string());
    return {};
  }
  std::size_t width = 4;
  for (const Tokens::Entry& entry : tokens.entries()) width = std::max(width, entry.principal.name.size());
  fmt::print("{:<8}  {:<{}}  {:<7}  {:<20}  {:<28}  may\n", "id", "name", width, "role", "created", "valid");
  for (const Tokens::Entry& entry : tokens.entries()) {
    const http::Principal& who = entry.principal;
    const std::string channels =
        who.channels.empty() ? "any channel" : fmt::format("{}", fmt::join(who.channels, ", "));
    const std::string may = who.role == Role::channel ? channels : who.sensitive ? "sensitive fields" : "";
    std::string line = fmt::format(
        "{:<8}  {:<{}}  {:<7}  {:<20}  {:<28}  {}", entry.id, who.name, width, name_of(who.role),
        format_instant(std::chrono::floor<std::chrono::seconds>(entry.created)), validity(entry), may);
    line.resize(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
  return {};
}

template <class Run>
CLI::App& add_token_command(CLI::App& group, Context& context, const char* name, const char* description,
                            Run run) {
  CLI::App& command = add_command(group, context, name, description);
  add_workspace_option(command, context);
  add_store_option(command, context);
  command.callback([run, &context] {
    if (const Result<void> done = run(); !done) context.status = report(context, done.error());
  });
  return command;
}

void add_expires(CLI::App& command, Options& options) {
  command.add_option("--expires", options.expires, "Valid for so long: 90d, 12h (default: until revoked)")
      ->type_name("DURATION");
}

void register_add(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = add_token_command(group, context, "add", "Make a token and print it, this once",
                                        [options, &context] { return add(context, *options); });
  command.add_option("NAME", options->name, "Who will use it: web-shop, crm, anna")
      ->required()
      ->type_name("");
  command
      .add_option("--role", options->role,
                  "channel posts events; agent reads customers; analyst reads reports; "
                  "author reads reports and writes journeys; admin may everything")
      ->required()
      ->option_text("ROLE")
      ->check(CLI::IsMember({"channel", "agent", "analyst", "author", "admin"}));
  command
      .add_option("--channel", options->channels,
                  "Posts as this channel only; may be repeated (default: as any)")
      ->type_name("CHANNEL")
      ->allow_extra_args(false);
  command.add_flag("--sensitive", options->sensitive, "Sees fields that a journey declares `sensitive`");
  add_expires(command, *options);
  add_examples(command,
               "  lotse token add web-shop --role channel --channel web\n"
               "  lotse token add desk --role agent --sensitive --expires 90d\n"
               "  lotse token add grafana --role analyst > /run/secrets/lotse-metrics");
}

void register_rotate(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = add_token_command(group, context, "rotate", "Make a second token for a name",
                                        [options, &context] { return rotate(context, *options); });
  command.add_option("NAME", options->name, "Whose; it keeps its role and channels")
      ->required()
      ->type_name("");
  command
      .add_option("--old", options->overlap,
                  "The one before is valid for so long yet (default: until revoked)")
      ->type_name("DURATION");
  add_expires(command, *options);
  add_examples(command,
               "  lotse token rotate web-shop --old 7d     both are valid for a week\n"
               "  lotse token rotate web-shop              until `lotse token revoke ID`");
}

void register_revoke(CLI::App& group, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = add_token_command(group, context, "revoke", "Make tokens worthless at once",
                                        [options, &context] { return revoke(context, *options); });
  command.add_option("NAME|ID", options->name, "A name (all its tokens) or the id of one")
      ->required()
      ->type_name("");
  add_examples(command,
               "  lotse token revoke web-shop\n"
               "  lotse token revoke 3fa9c02e");
}

}  // namespace

void register_token(CLI::App& app, Context& context) {
  CLI::App& group =
      *app.add_subcommand("token", "Say who may post to and read from `lotse serve`")->group("Commands");
  group.set_help_flag("-h,--help", "Print this help");
  group.require_subcommand(1);
  group.footer("");  // the program's own is inherited
  register_add(group, context);
  register_rotate(group, context);
  register_revoke(group, context);
  CLI::App& listing = add_token_command(group, context, "list", "Show all tokens, but not their text",
                                        [&context] { return list(context); });
  add_examples(listing, "  lotse token list -w journeys/broadband");
}

}  // namespace lotse::cli
