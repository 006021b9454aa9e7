#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace lotse::http {

/// What a token is for.
enum class Role : std::uint8_t {
  channel,  ///< a channel system: posts events, as its channels; reads nothing
  agent,    ///< an agent's desktop or a bot: reads customers
  analyst,  ///< reports without personal data
  author,   ///< what an analyst may, and writes journeys
  admin,    ///< everything, operations and customers' rights included
};

/// What a route needs; docs/api.md has the table of roles and permissions.
enum class Permission : std::uint8_t {
  post_events,
  read_customers,
  read_reports,    ///< reports, journeys and their maps, changes without customers' names
  judge_findings,  ///< says what is to become of a finding
  write_journeys,  ///< writes journey files, which publishes them
  administer,      ///< rejects, reload, erasure, export, backup
};
[[nodiscard]] bool allows(Role role, Permission permission);

/// `read_reports`, as it stands in answers.
[[nodiscard]] std::string_view name_of(Permission permission);
/// In the order of their declaration.
[[nodiscard]] std::vector<Permission> permissions_of(Role role);

/// `analyst`, as it stands in tokens, commands and files.
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::optional<Role> find_role(std::string_view name);

/// Who a request is from.
struct Principal {
  std::string name;
  Role role{};
  std::vector<std::string> channels{};  ///< of a channel system; empty: any
  bool sensitive = false;               ///< sees fields declared `sensitive`
  std::optional<Instant> expires{};     ///< its token's end, as Tokens::find() gives it
  friend bool operator==(const Principal&, const Principal&) = default;
};

/// The tokens of one installation, in a file beside the store (`<store>-tokens`, mode 0600), which holds only
/// hashes. A token is `lotse_<role>_<32 random bytes in base64url>`; two of a name are valid at once, so that
/// one can be rotated.
class Tokens {
 public:
  struct Entry {
    Principal principal;
    std::string id;    ///< short and public: names one of two tokens of a name
    std::string hash;  ///< hex SHA-256 of the token (its 256 random bits need no salt and no stretching)
    Instant created{};
    std::optional<Instant> expires{};
  };

  /// A file that is not there holds none. Errors: bad_input with file and line, storage.
  [[nodiscard]] static Result<Tokens> load(const std::filesystem::path& file);
  /// In one step: readers see the file before or after. Errors: storage.
  [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;

  /// The token's text, which is shown once and kept nowhere. Errors: conflict where two of the name are valid
  /// already, or the name has another role.
  [[nodiscard]] Result<std::string> add(Principal principal, Instant now,
                                        std::optional<Instant> expires = {});
  /// By name (all of it) or id. False: there is none.
  bool revoke(std::string_view name_or_id);
  /// The token with this id is valid no longer than until `at`. False: there is none.
  bool expire(std::string_view id, Instant at);

  /// Whose token `text` is; compares hashes in a time that does not depend on their content. Nothing for an
  /// unknown or expired one.
  [[nodiscard]] std::optional<Principal> find(std::string_view text, Instant now) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

[[nodiscard]] std::filesystem::path tokens_file(const std::filesystem::path& store);

/// Loads, lets `change` do its work and saves, one process after the other. Nothing is saved if it fails.
[[nodiscard]] Result<void> change_tokens(const std::filesystem::path& file,
                                         const std::function<Result<void>(Tokens&)>& change);

}  // namespace lotse::http
