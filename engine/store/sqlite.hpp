#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace lotse::sqlite {

/// True for a failed fsync: what the disk holds of all that was written since the last one that succeeded is
/// unknown, and asking again says nothing, since the kernel forgets what it could not write. A service that
/// meets it ends its process.
[[nodiscard]] bool is_failed_sync(const Error& error);

/// One prepared statement. Bound texts and blobs are not copied: they must live until the next reset().
class Statement {
 public:
  Statement() = default;

  /// Parameters count from 1, columns from 0, as SQLite has it.
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::string_view text);
  void bind_blob(int parameter, std::string_view bytes);
  void bind_null(int parameter);

  /// One step: true with a row to read, false at the end (the statement is then reset).
  [[nodiscard]] Result<bool> step();
  /// All steps of a statement that gives no rows.
  [[nodiscard]] Result<void> run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  /// Text or blob, valid until the next step or reset.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] int columns() const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

enum class Mode : std::uint8_t { create, write, read };

/// One connection, for one thread at a time.
class Connection {
 public:
  /// Errors: not_found, unavailable (locked), storage (not a database, no permission, damaged).
  [[nodiscard]] static Result<Connection> open(const std::filesystem::path& file, Mode mode);

  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// Statements separated by semicolons, none with rows or parameters.
  [[nodiscard]] Result<void> execute(const std::string& sql);
  /// The first column of the first row of a query without parameters; nothing where there is no row.
  [[nodiscard]] Result<std::optional<std::int64_t>> integer(std::string_view sql);

  /// Frames (pages) in the write-ahead log as of this connection's last commit.
  [[nodiscard]] int wal_frames() const { return *wal_frames_; }

  /// Folds the write-ahead log into the file as far as readers allow. Gives the frames that it holds and
  /// those folded.
  struct WalState {
    int frames = 0;
    int folded = 0;
  };
  [[nodiscard]] Result<WalState> fold_wal();
  /// Folds all of it and cuts its file to nothing, so that no old page is left in it. Waits `patience` for
  /// readers that began before the last commit. Errors: unavailable where one is still there.
  [[nodiscard]] Result<void> truncate_wal(std::chrono::milliseconds patience);

  /// Copies everything, as of one commit, over `target`'s content (SQLite's online backup); a writer goes on
  /// meanwhile.
  [[nodiscard]] Result<void> copy_to(Connection& target);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };
  Connection(sqlite3* connection, std::filesystem::path file);
  std::unique_ptr<int> wal_frames_;  // has an address that outlives moves
  std::unique_ptr<sqlite3, Close> connection_;
  std::filesystem::path file_;
};

/// A transaction that is rolled back unless committed.
class Transaction {
 public:
  /// Takes the write lock at once, so that a busy store is known before any work.
  [[nodiscard]] static Result<Transaction> begin(Connection& connection);
  [[nodiscard]] Result<void> commit();
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace lotse::sqlite
