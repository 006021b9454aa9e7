#include "engine/store/migrations.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace lotse {
namespace {

/// `LOTS`: the first bytes by which `file` and we know a store (SQLite's application_id).
constexpr std::int64_t kApplication = 0x4c4f5453;

/// The schema's version; 0 for an empty file.
Result<std::size_t> version_of(sqlite::Connection& connection, std::size_t known) {
  const std::string file = connection.file().string();
  LOTSE_TRY(const auto tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
  LOTSE_TRY(const auto application, connection.integer("PRAGMA application_id"));
  LOTSE_TRY(const auto version, connection.integer("PRAGMA user_version"));
  const bool empty = tables.value_or(0) == 0 && application.value_or(0) == 0;
  if (!empty && application.value_or(0) != kApplication) {
    return fail(ErrorCode::storage, fmt::format("{}: this SQLite file belongs to another program", file));
  }
  if (version.value_or(0) < 0 || version.value_or(0) > static_cast<std::int64_t>(known)) {
    return fail(ErrorCode::storage,
                fmt::format("{}: the store has schema version {}, this lotse knows up to {}: use a newer "
                            "lotse",
                            file, version.value_or(0), known));
  }
  return static_cast<std::size_t>(version.value_or(0));
}

}  // namespace

Result<void> migrate(sqlite::Connection& connection, std::span<const SchemaMigration> known) {
  LOTSE_TRY(const std::size_t version, version_of(connection, known.size()));
  for (std::size_t next = version; next < known.size(); ++next) {
    LOTSE_TRY(auto transaction, sqlite::Transaction::begin(connection));
    if (auto done = connection.execute(std::string(known[next].sql)); !done) {
      return fail(done.error().code,
                  fmt::format("{}, in migration {}", done.error().message, known[next].file));
    }
    LOTSE_CHECK(connection.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, next + 1)));
    LOTSE_CHECK(transaction.commit());
  }
  return {};
}

Result<void> check_schema(sqlite::Connection& connection, std::span<const SchemaMigration> known) {
  LOTSE_TRY(const std::size_t version, version_of(connection, known.size()));
  if (version < known.size()) {
    return fail(ErrorCode::storage, fmt::format("{}: the store has schema version {}, this lotse reads {}: "
                                                "any `lotse ingest` brings it up to date",
                                                connection.file().string(), version, known.size()));
  }
  return {};
}

}  // namespace lotse
