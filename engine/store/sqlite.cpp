#include "engine/store/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <limits>

#include "engine/base/assert.hpp"

namespace lotse::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

constexpr std::string_view kFailedSync = "the disk did not confirm what was written (fsync failed)";

/// What an author of the store's code, or the disk, did wrong, in the words of the file's owner.
Error error_of(sqlite3* connection, const std::filesystem::path& file) {
  const int code = sqlite3_extended_errcode(connection);
  const std::string message = fmt::format("{}: {}", file.string(), sqlite3_errmsg(connection));
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, fmt::format("{}: another process holds its lock", file.string())};
    case SQLITE_FULL:
      return {ErrorCode::storage, fmt::format("{}: no space left on the disk", file.string())};
    case SQLITE_NOTADB:
      return {ErrorCode::storage, fmt::format("{}: this file is no Lotse store", file.string())};
    case SQLITE_CORRUPT:
      return {ErrorCode::storage,
              fmt::format("{}: the store is damaged: {}", file.string(), sqlite3_errmsg(connection))};
    case SQLITE_READONLY:
      return {ErrorCode::storage, fmt::format("{}: the store may not be written", file.string())};
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
        return {ErrorCode::storage, fmt::format("{}: {}", file.string(), kFailedSync)};
      }
      return {ErrorCode::storage,
              fmt::format("{}: reading or writing failed (SQLite code {})", file.string(), code)};
    default:
      return {ErrorCode::storage, message};
  }
}

int length(std::string_view bytes) {
  LOTSE_ASSERT(bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(bytes.size());
}

/// SQLite takes a null pointer for NULL, and an empty view may have one.
const char* data(std::string_view bytes) { return bytes.data() == nullptr ? "" : bytes.data(); }

}  // namespace

bool is_failed_sync(const Error& error) {
  return error.code == ErrorCode::storage && error.message.ends_with(kFailedSync);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

void Statement::bind(int parameter, std::int64_t value) {
  LOTSE_ASSERT(sqlite3_bind_int64(statement_.get(), parameter, value) == SQLITE_OK);
}

void Statement::bind(int parameter, std::string_view text) {
  LOTSE_ASSERT(sqlite3_bind_text(statement_.get(), parameter, data(text), length(text), SQLITE_STATIC) ==
               SQLITE_OK);
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
  LOTSE_ASSERT(sqlite3_bind_blob(statement_.get(), parameter, data(bytes), length(bytes), SQLITE_STATIC) ==
               SQLITE_OK);
}

void Statement::bind_null(int parameter) {
  LOTSE_ASSERT(sqlite3_bind_null(statement_.get(), parameter) == SQLITE_OK);
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      sqlite3_reset(statement_.get());
      return false;
    default: {
      sqlite3* const connection = sqlite3_db_handle(statement_.get());
      const char* const file = sqlite3_db_filename(connection, "main");
      Error error = error_of(connection, file == nullptr ? "" : file);
      sqlite3_reset(statement_.get());
      return tl::unexpected(std::move(error));
    }
  }
}

Result<void> Statement::run() {
  LOTSE_TRY(const bool row, step());
  LOTSE_ASSERT(!row);
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::bytes(int column) const {
  const void* const start = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return start == nullptr ? std::string_view()
                          : std::string_view(static_cast<const char*>(start), static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }

void Connection::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }

Connection::Connection(sqlite3* connection, std::filesystem::path file)
    : wal_frames_(std::make_unique<int>(0)), connection_(connection), file_(std::move(file)) {
  if (connection == nullptr) return;
  const auto note = [](void* frames, sqlite3*, const char*, int now) {
    *static_cast<int*>(frames) = now;
    return SQLITE_OK;
  };
  // Takes the place of SQLite's own folding after each commit; see WalFolder.
  sqlite3_wal_hook(connection, note, wal_frames_.get());
}

Result<Connection> Connection::open(const std::filesystem::path& file, Mode mode) {
  std::error_code ignored;
  const bool existed = std::filesystem::exists(file, ignored);
  if (mode != Mode::create && !existed) {
    return fail(ErrorCode::not_found, fmt::format("{}: no such store", file.string()));
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  flags |= mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  Connection connection(raw, file);
  if (code != SQLITE_OK) {
    if (code == SQLITE_CANTOPEN) {
      return fail(ErrorCode::storage, fmt::format("{}: cannot be opened", file.string()));
    }
    return tl::unexpected(error_of(raw, file));
  }
  if (!existed) {  // it holds customers' data; SQLite gives its log and its memory file the same rights
    using std::filesystem::perms;
    std::filesystem::permissions(file, perms::others_all, std::filesystem::perm_options::remove, ignored);
  }
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), length(sql), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error_of(connection_.get(), file_));
  return Statement(statement);
}

Result<void> Connection::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(error_of(connection_.get(), file_));
  }
  return {};
}

Result<std::optional<std::int64_t>> Connection::integer(std::string_view sql) {
  LOTSE_TRY(Statement statement, prepare(sql));
  LOTSE_TRY(const bool row, statement.step());
  if (!row || statement.is_null(0)) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(statement.integer(0));
}

Result<Connection::WalState> Connection::fold_wal() {
  WalState state;
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &state.frames, &state.folded);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return tl::unexpected(error_of(connection_.get(), file_));
  return state;
}

Result<void> Connection::truncate_wal(std::chrono::milliseconds patience) {
  sqlite3_busy_timeout(connection_.get(), static_cast<int>(patience.count()));
  const int code =
      sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  Result<void> done;
  if (code == SQLITE_BUSY) {
    done =
        fail(ErrorCode::unavailable,
             fmt::format("{}: a reader that began before still needs the write-ahead log", file_.string()));
  } else if (code != SQLITE_OK) {
    done = tl::unexpected(error_of(connection_.get(), file_));
  }
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  return done;
}

Result<void> Connection::copy_to(Connection& target) {
  sqlite3_backup* const backup =
      sqlite3_backup_init(target.connection_.get(), "main", connection_.get(), "main");
  if (backup == nullptr) return tl::unexpected(error_of(target.connection_.get(), target.file_));
  const int code = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE && finished == SQLITE_OK) return {};
  return tl::unexpected(error_of(target.connection_.get(), target.file_));
}

Result<Transaction> Transaction::begin(Connection& connection) {
  LOTSE_CHECK(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Result<void> Transaction::commit() {
  LOTSE_ASSERT(connection_ != nullptr);
  LOTSE_CHECK(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  // A failed COMMIT may have rolled back already; a second ROLLBACK then fails and changes nothing.
  if (connection_ != nullptr) static_cast<void>(connection_->execute("ROLLBACK"));
}

}  // namespace lotse::sqlite
