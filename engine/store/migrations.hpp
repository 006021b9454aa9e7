#pragma once

#include <span>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/store/sqlite.hpp"

namespace lotse {

/// One file of schemas/sql; its place in the list, from 1, is the schema's version after it.
struct SchemaMigration {
  std::string_view file;
  std::string_view sql;
};

/// All migrations that this program knows, in order.
[[nodiscard]] std::span<const SchemaMigration> migrations();

/// Brings a new or older store up to date, each migration in a transaction of its own with the version that
/// it leads to. Errors: `storage` for another program's file, or a store of a newer Lotse.
[[nodiscard]] Result<void> migrate(sqlite::Connection& connection,
                                   std::span<const SchemaMigration> known = migrations());

/// For readers: the same errors, and `storage` too where the store is older.
[[nodiscard]] Result<void> check_schema(sqlite::Connection& connection,
                                        std::span<const SchemaMigration> known = migrations());

}  // namespace lotse
