#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// Connections for reading beside the writer, one for each thread that reads at a time; they are kept for the
/// next ones.
class StoreReaders {
 public:
  explicit StoreReaders(std::filesystem::path file) : file_(std::move(file)) {}

  /// Sees one state of the file for as long as it is held: briefly, for the write-ahead log cannot be folded
  /// meanwhile.
  class Reader {
   public:
    Reader(Reader&&) noexcept = default;
    Reader& operator=(Reader&&) = delete;
    ~Reader();
    Store* operator->() const { return store_.get(); }
    Store& operator*() const { return *store_; }

   private:
    friend class StoreReaders;
    Reader(StoreReaders& owner, std::unique_ptr<Store> store) : owner_(&owner), store_(std::move(store)) {}
    StoreReaders* owner_;
    std::unique_ptr<Store> store_;
  };
  [[nodiscard]] Result<Reader> look();

 private:
  std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Store>> idle_;
};

}  // namespace lotse
