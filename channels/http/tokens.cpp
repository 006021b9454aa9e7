#include "channels/http/tokens.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/descriptor.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/quoted.hpp"
#include "engine/base/replace_file.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse::http {
namespace {

namespace fs = std::filesystem;
using shape::NameStyle;
using shape::Section;

constexpr std::size_t tokens_max = 1'000;  ///< of one installation: each request is compared with all of them
constexpr std::size_t valid_max = 2;       ///< of one name
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t id_bytes = 4;
constexpr std::array<std::string_view, 5> roles{"channel", "agent", "analyst", "author", "admin"};
constexpr std::array<std::string_view, 6> permissions{"post_events",    "read_customers", "read_reports",
                                                      "judge_findings", "write_journeys", "administer"};

template <std::size_t count>
Result<std::array<std::uint8_t, count>> random_bytes() {
  static_assert(count <= 256, "getrandom() gives up to 256 bytes whole");
  std::array<std::uint8_t, count> bytes{};
  if (::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
    return fail(ErrorCode::unavailable, "the kernel gives no random bytes");
  return bytes;
}

/// RFC 4648, section 5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr unsigned digit_bits = 6;
  constexpr std::uint32_t digit_mask = (1U << digit_bits) - 1;
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = (held << 8U) | byte;
    for (bits += 8; bits >= digit_bits; bits -= digit_bits)
      text += alphabet[(held >> (bits - digit_bits)) & digit_mask];
  }
  if (bits > 0) text += alphabet[(held << (digit_bits - bits)) & digit_mask];
  return text;
}

bool is_valid(const Tokens::Entry& entry, Instant now) { return !entry.expires || *entry.expires > now; }

std::string yaml_line(const Tokens::Entry& entry) {
  std::string line = "  - {";
  const auto field = [&](std::string_view key, std::string_view value) {
    line += fmt::format("{}{}: ", line.ends_with('{') ? "" : ", ", key);
    append_quoted(line, value);
  };
  field("name", entry.principal.name);
  field("id", entry.id);
  field("role", name_of(entry.principal.role));
  if (!entry.principal.channels.empty()) {
    line += ", channels: [";
    for (const std::string& channel : entry.principal.channels) {
      if (&channel != &entry.principal.channels.front()) line += ", ";
      append_quoted(line, channel);
    }
    line += ']';
  }
  if (entry.principal.sensitive) line += ", sensitive: true";
  field("sha256", entry.hash);
  field("created", format_instant(entry.created));
  if (entry.expires) field("expires", format_instant(*entry.expires));
  return line + "}\n";
}

std::optional<Instant> read_instant(Section& section, std::string_view key) {
  const auto text = section.text(key);
  if (!text) return std::nullopt;
  const auto instant = parse_instant(*text);
  if (!instant) {
    section.findings().error("J014", section.find(key)->mark, fmt::format("`{}` is no point in time", *text),
                             "write it with its offset: 2026-03-01T09:00:00Z");
  }
  return instant;
}

bool is_hash(std::string_view text) {
  return text.size() == std::tuple_size_v<Digest> * 2 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Tokens::Entry read_entry(Findings& findings, const yaml::Node& node) {
  constexpr std::array<std::string_view, 8> keys{"name",      "id",     "role",    "channels",
                                                 "sensitive", "sha256", "created", "expires"};
  Tokens::Entry entry;
  Section section(findings, node, "a token");
  if (!section.is_mapping()) return entry;
  section.allow(keys);
  for (const std::string_view key : {"name", "id", "role", "sha256", "created"}) section.require(key);
  entry.principal.name = section.name("name", NameStyle::slug).value_or("");
  entry.id = section.name("id", NameStyle::slug).value_or("");
  if (const auto role = section.choice("role", roles)) entry.principal.role = static_cast<Role>(*role);
  for (const yaml::Node* channel : section.names("channels", NameStyle::slug))
    entry.principal.channels.push_back(channel->text);
  entry.principal.sensitive = section.boolean("sensitive").value_or(false);
  if (const auto hash = section.text("sha256")) {
    entry.hash = *hash;
    if (!is_hash(*hash))
      findings.error("J014", section.find("sha256")->mark,
                     "`sha256` must be 64 hexadecimal digits in lower case");
  }
  entry.created = read_instant(section, "created").value_or(Instant{});
  entry.expires = read_instant(section, "expires");
  return entry;
}

std::vector<Tokens::Entry> read_entries(Findings& findings, const FileLimits& limits) {
  std::vector<Tokens::Entry> entries;
  const auto document = yaml::parse(findings, limits);
  if (!document) return entries;
  constexpr std::array<std::string_view, 1> keys{"tokens"};
  Section root(findings, document->root(), "a tokens file");
  if (!root.is_mapping()) return entries;
  root.allow(keys);
  root.require("tokens");
  for (const yaml::Node* item : root.items("tokens")) {
    if (entries.size() == tokens_max) {
      findings.error("J016", item->mark, fmt::format("there are more than {} tokens", tokens_max));
      break;
    }
    entries.push_back(read_entry(findings, *item));
  }
  return entries;
}

}  // namespace

bool allows(Role role, Permission permission) {
  switch (role) {
    case Role::channel:
      return permission == Permission::post_events;
    case Role::agent:
      return permission == Permission::read_customers;
    case Role::analyst:
      return permission == Permission::read_reports || permission == Permission::judge_findings;
    case Role::author:
      return permission == Permission::read_reports || permission == Permission::judge_findings ||
             permission == Permission::write_journeys;
    case Role::admin:
      return true;
  }
  return false;
}

std::string_view name_of(Permission permission) { return permissions[static_cast<std::size_t>(permission)]; }

std::vector<Permission> permissions_of(Role role) {
  std::vector<Permission> found;
  for (std::size_t index = 0; index < permissions.size(); ++index) {
    const auto permission = static_cast<Permission>(index);
    if (allows(role, permission)) found.push_back(permission);
  }
  return found;
}

std::string_view name_of(Role role) { return roles[static_cast<std::size_t>(role)]; }

std::optional<Role> find_role(std::string_view name) {
  const auto found = std::ranges::find(roles, name);
  if (found == roles.end()) return std::nullopt;
  return static_cast<Role>(found - roles.begin());
}

Result<Tokens> Tokens::load(const fs::path& file) {
  constexpr FileLimits limits{.bytes = std::size_t{4} << 20U, .nodes = 500'000};
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) {
    if (errno == ENOENT) return Tokens();
    return tl::make_unexpected(cannot("read", file, errno));
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` can be changed by others than its owner (mode {:04o}); make it 0600",
                            file.string(), found.st_mode & 07777U));
  }
  std::ifstream in(file, std::ios::binary);
  std::string text;
  std::array<char, 4'096> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0)  // iterators would throw what the disk says
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  if (in.bad() || !in.eof()) return tl::make_unexpected(cannot("read", file, errno));
  Findings findings(file.string(), text);
  Tokens tokens;
  tokens.entries_ = read_entries(findings, limits);
  if (!findings.has_errors()) return tokens;
  // Without its line, which holds a hash.
  const Diagnostic first = findings.take().front();
  return fail(ErrorCode::bad_input, fmt::format("{}:{}:{}: {}", first.where.file, first.where.line,
                                                first.where.column, first.message));
}

Result<void> Tokens::save(const fs::path& file) const {
  std::string text =
      "# The tokens of this installation, as hashes. Written by `lotse token`, which replaces the whole "
      "file.\ntokens:";
  text += entries_.empty() ? " []\n" : "\n";
  for (const Entry& entry : entries_) text += yaml_line(entry);
  return replace_file(file, text, fs::perms::owner_read | fs::perms::owner_write);
}

Result<std::string> Tokens::add(Principal principal, Instant now, std::optional<Instant> expires) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.principal.name == principal.name && !is_valid(entry, now);
  });
  std::vector<std::string_view> same;
  for (const Entry& entry : entries_) {
    if (entry.principal.name != principal.name) continue;
    if (entry.principal.role != principal.role) {
      return fail(ErrorCode::conflict,
                  fmt::format("`{}` names tokens of the role {} already; take another name", principal.name,
                              name_of(entry.principal.role)));
    }
    same.push_back(entry.id);
  }
  if (same.size() >= valid_max) {
    return fail(ErrorCode::conflict,
                fmt::format("two tokens of `{}` are valid already ({}); revoke one of them first",
                            principal.name, fmt::join(same, ", ")));
  }
  if (entries_.size() >= tokens_max) {
    return fail(ErrorCode::conflict,
                fmt::format("there are {} tokens, which is the most; revoke some", tokens_max));
  }
  LOTSE_TRY(const auto secret, random_bytes<secret_bytes>());
  LOTSE_TRY(const auto id, random_bytes<id_bytes>());
  std::string text = fmt::format("lotse_{}_{}", name_of(principal.role), base64url(secret));
  entries_.push_back({.principal = std::move(principal),
                      .id = fmt::format("{:02x}", fmt::join(id, "")),
                      .hash = hex(sha256(text)),
                      .created = now,
                      .expires = expires});
  return text;
}

bool Tokens::revoke(std::string_view name_or_id) {
  return std::erase_if(entries_, [&](const Entry& entry) {
           return entry.principal.name == name_or_id || entry.id == name_or_id;
         }) > 0;
}

bool Tokens::expire(std::string_view id, Instant at) {
  for (Entry& entry : entries_) {
    if (entry.id != id) continue;
    entry.expires = entry.expires ? std::min(*entry.expires, at) : at;
    return true;
  }
  return false;
}

std::optional<Principal> Tokens::find(std::string_view text, Instant now) const {
  const std::string hash = hex(sha256(text));
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {  // all of them, so that the time does not tell which one it was
    LOTSE_ASSERT(entry.hash.size() == hash.size());
    const bool same = CRYPTO_memcmp(entry.hash.data(), hash.data(), hash.size()) == 0;
    found = same ? &entry : found;
  }
  if (found == nullptr || !is_valid(*found, now)) return std::nullopt;
  Principal who = found->principal;
  who.expires = found->expires;
  return who;
}

Result<void> change_tokens(const fs::path& file, const std::function<Result<void>(Tokens&)>& change) {
  const fs::path folder = folder_of(file);
  const Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.number() < 0 || ::flock(lock.number(), LOCK_EX) != 0)
    return tl::make_unexpected(cannot("write in", folder, errno));
  LOTSE_TRY(Tokens tokens, Tokens::load(file));
  LOTSE_CHECK(change(tokens));
  return tokens.save(file);
}

fs::path tokens_file(const fs::path& store) { return store.string() + "-tokens"; }

}  // namespace lotse::http
