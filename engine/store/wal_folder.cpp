#include "engine/store/wal_folder.hpp"

#include <utility>

namespace lotse {

Result<std::unique_ptr<WalFolder>> WalFolder::start(const std::filesystem::path& file, int threshold) {
  LOTSE_TRY(auto connection, sqlite::Connection::open(file, sqlite::Mode::write));
  return std::unique_ptr<WalFolder>(new WalFolder(std::move(connection), threshold));
}

WalFolder::WalFolder(sqlite::Connection connection, int threshold)
    : connection_(std::move(connection)), threshold_(threshold), thread_([this] { run(); }) {}

WalFolder::~WalFolder() {
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::stopping;
  }
  wake_.notify_one();
  thread_.join();
}

Result<void> WalFolder::after_commit(sqlite::Connection& writer) {
  if (writer.wal_frames() < threshold_) return {};
  LOTSE_CHECK(fold(writer));
  return {};
}

Result<bool> WalFolder::fold(sqlite::Connection& writer) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::idle) phase_ = Phase::asked;
    if (phase_ != Phase::folded) {
      wake_.notify_one();
      return false;
    }
    phase_ = Phase::idle;
  }
  LOTSE_CHECK(writer.fold_wal());
  return true;
}

void WalFolder::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return phase_ == Phase::asked || phase_ == Phase::stopping; });
    if (phase_ == Phase::stopping) return;
    phase_ = Phase::folding;
    lock.unlock();
    // A failure here loses nothing; the writer meets it again and reports it.
    static_cast<void>(connection_.fold_wal());
    lock.lock();
    if (phase_ == Phase::folding) phase_ = Phase::folded;
  }
}

}  // namespace lotse
