#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/base/result.hpp"
#include "engine/store/sqlite.hpp"

namespace lotse {

/// Folds the write-ahead log into the store's file (SQLite calls it a checkpoint) on a thread of its own, so
/// that no commit waits for it (measured in docs/architecture.md: p99 of a batch 92 → 9 ms).
class WalFolder {
 public:
  /// `threshold` in frames of the log.
  [[nodiscard]] static Result<std::unique_ptr<WalFolder>> start(const std::filesystem::path& file,
                                                                int threshold);
  /// Waits for a fold under way.
  ~WalFolder();
  WalFolder(const WalFolder&) = delete;
  WalFolder& operator=(const WalFolder&) = delete;

  /// To be called by the writer after each commit, outside of any transaction. SQLite reuses its log only
  /// when all of it has been folded, which never happens under a writer that does not pause: what was
  /// committed during the fold in the background is folded here, by `writer`.
  [[nodiscard]] Result<void> after_commit(sqlite::Connection& writer);

  /// The same whatever the log's length. True: it has been folded since the first call that said false.
  [[nodiscard]] Result<bool> fold(sqlite::Connection& writer);

 private:
  WalFolder(sqlite::Connection connection, int threshold);
  void run();

  sqlite::Connection connection_;
  int threshold_;
  std::mutex mutex_;
  std::condition_variable wake_;
  enum class Phase : std::uint8_t { idle, asked, folding, folded, stopping } phase_ = Phase::idle;
  std::thread thread_;
};

}  // namespace lotse
